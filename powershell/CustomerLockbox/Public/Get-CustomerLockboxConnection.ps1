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
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType('CustomerLockbox.Connection')]
    param()

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        try {
            $connection = Get-LockboxConnection
            $connection.Principal = Invoke-LockboxRpc -Method 'session.whoami' -Connection $connection
        }
        catch {
            if ($_.Exception.Data['code'] -eq 'notConnected') {
                $null = $global:Error.Remove($_)
                return
            }
            Write-LockboxFailure -Cmdlet $PSCmdlet -Record $_
            return
        }
        Show-LockboxNameClash -Cmdlet $PSCmdlet
        ConvertTo-LockboxConnectionInfo -Connection $connection
    }
}
