function Write-CustomerLockboxActivity {
    <#
    .SYNOPSIS
        Records what an engineer did under a grant, in the customer's audit log.

    .DESCRIPTION
        For gateways, and for engineers about their own grant. An act that no live grant covers is
        recorded as a violation, with a warning. Writes nothing unless -PassThru is given.

    .PARAMETER Tenant
        The customer, by name or GUID.

    .PARAMETER RequestId
        The request under which it was done, by reference number or GUID. Takes pipeline input by
        property name.

    .PARAMETER Operation
        The name of the operation, for example New-MailboxSearch.

    .PARAMETER Parameters
        What the operation was given, as a dictionary; use [ordered] to keep an order.

    .PARAMETER ResultStatus
        True (if not given) or False: whether the operation succeeded.

    .PARAMETER Engineer
        Who did it, by address or GUID; you, if not given.

    .PARAMETER OccurredDate
        When it was done; now, if not given.

    .PARAMETER ClientIP
        The address from which it was done.

    .PARAMETER PassThru
        Writes the record's id and times.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        None, or CustomerLockbox.ActivityRecord with -PassThru.

    .EXAMPLE
        Write-CustomerLockboxActivity -Tenant contoso.onmicrosoft.com -RequestId EXSR123456 -Operation New-MailboxSearch -Parameters @{ Name = 'Search1' }

        Records one operation.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('CustomerLockbox.ActivityRecord')]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Tenant,

        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [Alias('Identity')]
        [string]$RequestId,

        [Parameter(Mandatory = $true)]
        [string]$Operation,

        [System.Collections.IDictionary]$Parameters,

        [ArgumentCompleter({ 'True', 'False' })]
        [string]$ResultStatus,

        [string]$Engineer,

        $OccurredDate,

        [string]$ClientIP,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{}
        try {
            $terms['tenant'] = ConvertTo-LockboxRequestId -Value $Tenant -Name 'Tenant'
            $terms['operation'] = $Operation
            if ($null -ne $Parameters) {
                $terms['parameters'] = @(foreach ($key in $Parameters.Keys) {
                        @{ name = [string]$key; value = [string]$Parameters[$key] }
                    })
            }
            if ($PSBoundParameters.ContainsKey('ResultStatus')) { $terms['resultStatus'] = ConvertTo-LockboxWord -Value $ResultStatus -Name 'ResultStatus' -Words 'True', 'False' }
            if ($PSBoundParameters.ContainsKey('OccurredDate')) { $terms['occurredAt'] = ConvertTo-LockboxInstant -Value $OccurredDate -Name 'OccurredDate' }
            foreach ($pair in @(@('Engineer', 'engineer'), @('ClientIP', 'clientIP'))) {
                if ($PSBoundParameters.ContainsKey($pair[0])) { $terms[$pair[1]] = ConvertTo-LockboxRequestId -Value $PSBoundParameters[$pair[0]] -Name $pair[0] }
            }
        }
        catch {
            Write-LockboxFailure -Cmdlet $PSCmdlet -Record $_ -Target $RequestId -Terminating
        }
    }

    process {
        $written = $null
        try {
            $id = ConvertTo-LockboxRequestId -Value $RequestId
        }
        catch {
            Write-LockboxFailure -Cmdlet $PSCmdlet -Record $_ -Target $RequestId
            return
        }
        if (-not (Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "Record $Operation under request $id" -Target $id)) {
            return
        }
        try {
            $written = Invoke-LockboxRpc -Method 'activity.record' -Params ($terms + @{ requestId = $id; idempotencyKey = [guid]::NewGuid().ToString() })
        }
        catch {
            Write-LockboxFailure -Cmdlet $PSCmdlet -Record $_ -Target $RequestId
            return
        }
        if ($written.violation) {
            Write-Warning -Message "Recorded as a violation: $($written.reason)"
        }
        if ($PassThru) {
            [pscustomobject]@{
                PSTypeName   = 'CustomerLockbox.ActivityRecord'
                Identity     = $written.identity
                RequestId    = $id
                Operation    = $Operation
                Violation    = $written.violation
                Reason       = $written.reason
                CreationDate = ConvertFrom-LockboxInstant -Text $written.creationDate
                RecordedDate = ConvertFrom-LockboxInstant -Text $written.recordedAt
            }
        }
    }
}
