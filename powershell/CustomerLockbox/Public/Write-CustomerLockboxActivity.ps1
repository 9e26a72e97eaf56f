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
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.ActivityRecord')]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Tenant,

        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [Parameter(Mandatory = $true)]
        [string]$Operation,

        [System.Collections.IDictionary]$Parameters,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ResultStatus,

        [string]$Engineer,

        $OccurredDate,

        [string]$ClientIP,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{
            tenant    = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant'
            operation = ConvertTo-LockboxName -Value $Operation -Name 'Operation'
        }
        if ($null -ne $Parameters) {
            $terms['parameters'] = @(foreach ($key in $Parameters.Keys) {
                    @{ name = [string]$key; value = [string]$Parameters[$key] }
                })
        }
        if ($PSBoundParameters.ContainsKey('ResultStatus')) { $terms['resultStatus'] = ConvertTo-LockboxWord -Value $ResultStatus -Name 'ResultStatus' }
        if ($PSBoundParameters.ContainsKey('OccurredDate')) { $terms['occurredAt'] = ConvertTo-LockboxInstant -Value $OccurredDate -Name 'OccurredDate' }
        if ($PSBoundParameters.ContainsKey('Engineer')) { $terms['engineer'] = ConvertTo-LockboxName -Value $Engineer -Name 'Engineer' }
        if ($PSBoundParameters.ContainsKey('ClientIP')) { $terms['clientIP'] = ConvertTo-LockboxName -Value $ClientIP -Name 'ClientIP' }
        $fault = Find-LockboxFault -Values $terms
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $RequestId -Terminating))
        }
    }

    process {
        $id = ConvertTo-LockboxRequestId -Value $RequestId
        $action = "Record $Operation under request $id"
        $judged = $id
        if ($WhatIfPreference) {
            # The same people may ask whether there is a grant; without one it would be a violation.
            $question = @{ requestId = $id }
            foreach ($key in 'tenant', 'operation', 'engineer') {
                if ($terms.ContainsKey($key)) { $question[$key] = $terms[$key] }
            }
            $judged = Invoke-LockboxRpc -Method 'grant.check' -Params $question
            if (-not $judged.allowed) { $action = "$action, as a violation ($($judged.message))" }
        }
        if (-not (Test-LockboxFault $judged)) {
            $judged = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action $action
        }
        if (Test-LockboxFault $judged) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $judged -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if (-not $judged) {
            return
        }
        $written = Invoke-LockboxRpc -Method 'activity.record' -Params ($terms + @{ requestId = $id; idempotencyKey = [guid]::NewGuid().ToString() })
        if (Test-LockboxFault $written) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $written -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
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
