function Confirm-CustomerLockboxEmergencyAccess {
    <#
    .SYNOPSIS
        Acknowledges emergency access: a person of the customer has taken note of it.

    .DESCRIPTION
        It is no consent, and changes no access: what runs goes on to its end unless somebody ends it
        with Set-AccessToCustomerDataRequest -ApprovalDecision Cancel. It takes a person who may decide
        requests; a robot's token is refused. Writes nothing unless -PassThru is given. With -WhatIf the
        daemon judges it and nothing is written.

    .PARAMETER RequestId
        The emergency access, by reference number (such as EXSR123456) or GUID. Takes pipeline input by
        property name.

    .PARAMETER Comment
        What the audit log keeps beside it.

    .PARAMETER PassThru
        Writes the emergency access as it is then.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        None, or CustomerLockbox.EmergencyAccess with -PassThru.

    .EXAMPLE
        Confirm-CustomerLockboxEmergencyAccess -RequestId EXSR123456 -Comment "Read, and discussed with the provider"

        Acknowledges one.

    .EXAMPLE
        Get-CustomerLockboxEmergencyAccess -Open | Confirm-CustomerLockboxEmergencyAccess -WhatIf

        Says what would be acknowledged, and writes nothing.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.EmergencyAccess')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [string]$Comment,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{}
        if ($Comment -ne '') { $terms['comment'] = $Comment }
    }

    process {
        $id = ConvertTo-LockboxRequestId -Value $RequestId
        $judged = $id
        if ($WhatIfPreference) {
            $judged = Invoke-LockboxRpc -Method 'emergency.acknowledge' -Params ($terms + @{ requestId = $id; validateOnly = $true })
        }
        if (-not (Test-LockboxFault $judged)) {
            $judged = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "Acknowledge emergency access $id"
        }
        if (Test-LockboxFault $judged) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $judged -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if (-not $judged) {
            return
        }
        $reply = Invoke-LockboxRpc -Method 'emergency.acknowledge' -Params ($terms + @{ requestId = $id; idempotencyKey = [guid]::NewGuid().ToString() })
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($PassThru) {
            ConvertTo-LockboxEmergencyAccess -Request $reply.request
        }
    }
}
