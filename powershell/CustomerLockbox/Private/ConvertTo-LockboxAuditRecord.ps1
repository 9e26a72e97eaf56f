function ConvertTo-LockboxAuditRecord {
    # The documented output objects of Search-UnifiedAuditLog, in its order. A whole page in one call:
    # a call for each record takes three times as long as the objects themselves.
    param([Parameter(Mandatory = $true)][AllowEmptyCollection()][object[]]$Records)
    $runspace = [runspace]::DefaultRunspace.InstanceId
    $culture = [System.Globalization.CultureInfo]::InvariantCulture
    $styles = [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
    foreach ($record in $Records) {
        [pscustomobject]@{
            PSTypeName   = 'CustomerLockbox.AuditRecord'
            RunspaceId   = $runspace
            RecordType   = $record.recordTypeName
            CreationDate = [datetime]::Parse($record.date, $culture, $styles)
            UserIds      = $record.user
            Operations   = $record.activity
            AuditData    = $record.auditData
            ResultIndex  = [int]$record.resultIndex
            ResultCount  = [int]$record.resultCount
            Identity     = $record.identity
            IsValid      = $true
            ObjectState  = 'Unchanged'
        }
    }
}
