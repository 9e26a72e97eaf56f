function Get-LockboxUnixSocketFault {
    # Web calls through a Unix socket came with PowerShell 7.4; a failure before that, else nothing.
    $able = $false
    if ($PSVersionTable.PSEdition -eq 'Core') {
        $able = (Get-Command -Name 'Microsoft.PowerShell.Utility\Invoke-WebRequest').Parameters.ContainsKey('UnixSocket')
    }
    if (-not $able) {
        New-LockboxError -Code 'usage' -Category NotInstalled -Terminating `
            -Message "Unix sockets need PowerShell 7.4 or later; this is $($PSVersionTable.PSVersion)." `
            -Remedy 'Connect to the TCP address of the daemon, for example http://127.0.0.1:8420.'
    }
}
