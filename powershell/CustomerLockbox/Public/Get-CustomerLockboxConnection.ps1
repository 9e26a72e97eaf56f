function Get-CustomerLockboxConnection {
    <#
    .SYNOPSIS
        Shows the connection of this runspace.

    .DESCRIPTION
        Shows where commands of this runspace go and as whom: the connection that
        Connect-CustomerLockbox made, or the one that LOCKBOX_URL and LOCKBOX_TOKEN describe. Writes
        nothing if there is none. The object never holds the token.

    .OUTPUTS
        CustomerLockbox.Connection

    .EXAMPLE
        Get-CustomerLockboxConnection

        Shows the connection.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Connection')]
    param()

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $connection = Get-LockboxConnection
        if (Test-LockboxFault $connection) {
            if ($connection.Exception.Data['code'] -eq 'notConnected') {
                return
            }
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $connection -Target $null -Terminating))
        }
        $who = Invoke-LockboxRpc -Method 'session.whoami' -Connection $connection
        if (Test-LockboxFault $who) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $who -Target $connection.Url
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        $connection.Principal = $who
        Show-LockboxNameClash -Cmdlet $PSCmdlet
        ConvertTo-LockboxConnectionInfo -Connection $connection
    }
}
