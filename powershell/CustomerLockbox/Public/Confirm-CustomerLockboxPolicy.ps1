function Confirm-CustomerLockboxPolicy {
    <#
    .SYNOPSIS
        Confirms or takes back a change of policy that waits: the second pair of eyes.

    .DESCRIPTION
        Another GlobalAdministrator than the one who proposed it puts it in force. The one who proposed
        it may do so alone only after AloneAfter; to take it back (-Reject), either may at any time.

        With -WhatIf the daemon judges it: what the change does is shown, whoever may not confirm it is
        refused as the real call would refuse, and nothing is written.

    .PARAMETER ChangeId
        The change, as Set-CustomerLockboxPolicy or Get-CustomerLockboxPolicy -Pending wrote it. Takes
        pipeline input by property name.

    .PARAMETER Reject
        Takes it back instead.

    .PARAMETER Comment
        What the audit log keeps beside it.

    .INPUTS
        Objects with a property ChangeId.

    .OUTPUTS
        CustomerLockbox.PolicyResult

    .EXAMPLE
        Get-CustomerLockboxPolicy -Pending | Confirm-CustomerLockboxPolicy -WhatIf

        Shows what waits, what it makes different and what weaker.

    .EXAMPLE
        Get-CustomerLockboxPolicy -Pending | Confirm-CustomerLockboxPolicy -Comment "Agreed"

        Puts in force what waits.

    .EXAMPLE
        Get-CustomerLockboxPolicy -Pending | Confirm-CustomerLockboxPolicy -Reject -Comment "Not before the audit"

        Takes it back.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.PolicyResult')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ChangeId,

        [switch]$Reject,

        [string]$Comment
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{ confirm = -not $Reject }
        if ($Comment -ne '') { $terms['comment'] = $Comment }
    }

    process {
        $id = ConvertTo-LockboxName -Value $ChangeId -Name 'ChangeId'
        $go = $id
        $action = "Confirm the change $id"
        if ($Reject) { $action = "Take back the change $id" }
        if ($WhatIfPreference -and -not (Test-LockboxFault $id)) {
            $go = Read-LockboxPolicyChange -ChangeId $id -Reject:$Reject
            $action = @($action) + @($go) -join "`n"
        }
        if (-not (Test-LockboxFault $go)) {
            $go = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action $action
        }
        if (-not (Test-LockboxFault $go)) {
            if (-not $go) { return }
            $go = Invoke-LockboxRpc -Method 'policy.confirm' -Params ($terms + @{ changeId = $id; idempotencyKey = [guid]::NewGuid().ToString() })
        }
        if (Test-LockboxFault $go) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $go -Target $ChangeId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        ConvertTo-LockboxPolicyResult -Change $go
    }
}
