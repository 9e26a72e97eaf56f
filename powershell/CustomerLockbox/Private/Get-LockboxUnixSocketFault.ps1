function Get-LockboxUnixSocketFault {
    # HTTP through a Unix socket needs what came with PowerShell 7.1; a failure before that, else nothing.
    $able = $false
    if ($PSVersionTable.PSEdition -eq 'Core') {
        $able = $PSVersionTable.PSVersion -ge [version]'7.1'
    }
    if (-not $able) {
        New-LockboxError -Code 'usage' -Category NotInstalled -Terminating `
            -Message "Unix sockets need PowerShell 7.1 or later; this is $($PSVersionTable.PSVersion)." `
            -Remedy 'Connect to the TCP address of the daemon, for example http://127.0.0.1:8420.'
    }
}
