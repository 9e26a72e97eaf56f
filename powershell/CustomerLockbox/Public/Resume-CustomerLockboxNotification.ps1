function Resume-CustomerLockboxNotification {
    <#
    .SYNOPSIS
        Has notifications tried again at once: those that were given up, and those that wait.

    .DESCRIPTION
        It needs the role GlobalAdministrator. Writes nothing. With -WhatIf the daemon judges it and
        nothing is written.

    .PARAMETER NotificationId
        The notification. Takes pipeline input by property name.

    .PARAMETER Held
        Has events told that are held, as after a restore: whether they were told before is not known,
        so somebody may hear of one twice.

    .INPUTS
        Objects with a property NotificationId.

    .OUTPUTS
        None.

    .EXAMPLE
        Get-CustomerLockboxNotification -State undeliverable | Resume-CustomerLockboxNotification

        Tries everything again that was given up, after the mail server was mended.

    .EXAMPLE
        Resume-CustomerLockboxNotification -Held -WhatIf

        Says what would be done with events that are held.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    param(
        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$NotificationId,

        [switch]$Held
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    process {
        if ($PSBoundParameters.ContainsKey('NotificationId')) {
            $id = ConvertTo-LockboxId -Value $NotificationId -Name 'NotificationId'
            $reply = $id
            if (-not (Test-LockboxFault $id)) {
                $reply = Send-LockboxChange -Cmdlet $PSCmdlet -Method 'notification.retry' -Params @{ notificationIds = @($id) } -Action "Try notification $id again"
            }
        }
        elseif ($Held) {
            return
        }
        else {
            $reply = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'Neither -NotificationId nor -Held was given.' `
                -Remedy 'Pipe notifications of Get-CustomerLockboxNotification, or give -Held.'
        }
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $NotificationId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
        }
    }

    end {
        if (-not $Held) {
            return
        }
        $reply = Send-LockboxChange -Cmdlet $PSCmdlet -Method 'notification.retry' -Params @{ held = $true } -Action 'Tell events that are held'
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $null
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
        }
    }
}
