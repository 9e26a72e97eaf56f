function Disconnect-CustomerLockbox {
    <#
    .SYNOPSIS
        Forgets the connection of this runspace.

    .DESCRIPTION
        Forgets the connection that Connect-CustomerLockbox made, and its token. LOCKBOX_URL and
        LOCKBOX_TOKEN count again afterwards, if they are set. The token stays valid.

    .OUTPUTS
        None.

    .EXAMPLE
        Disconnect-CustomerLockbox

        Forgets the connection.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    param()

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $connection = $script:LockboxState.Connection
        if ($null -eq $connection) {
            return
        }
        $go = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "Disconnect from $($connection.Url)"
        if (Test-LockboxFault $go) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $go -Target $connection.Url -Terminating))
        }
        if ($go) {
            Close-LockboxConnection -Connection $connection
            $script:LockboxState.Connection = $null
        }
    }
}
