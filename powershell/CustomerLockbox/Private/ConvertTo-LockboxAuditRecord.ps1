function ConvertTo-LockboxAuditRecord {
    # The documented output object of Search-UnifiedAuditLog, in its order.
    param([Parameter(Mandatory = $true)][object]$Record)
    [pscustomobject]@{
        PSTypeName   = 'CustomerLockbox.AuditRecord'
        RunspaceId   = [runspace]::DefaultRunspace.InstanceId
        RecordType   = $Record.recordTypeName
        CreationDate = ConvertFrom-LockboxInstant -Text $Record.date
        UserIds      = $Record.user
        Operations   = $Record.activity
        AuditData    = $Record.auditData
        ResultIndex  = [int]$Record.resultIndex
        ResultCount  = [int]$Record.resultCount
        Identity     = $Record.identity
        IsValid      = $true
        ObjectState  = 'Unchanged'
    }
}
