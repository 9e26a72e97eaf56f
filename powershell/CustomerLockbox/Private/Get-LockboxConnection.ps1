function Get-LockboxConnection {
    # The connection of this runspace: an explicit Connect, else the environment, else an error that
    # says what to paste.
    $state = $script:LockboxState
    if ($null -ne $state.Connection) {
        return $state.Connection
    }
    $url = $env:LOCKBOX_URL
    $token = $env:LOCKBOX_TOKEN
    if ([string]::IsNullOrWhiteSpace($token) -and "$url" -notlike 'unix:*') {
        return New-LockboxError -Code 'notConnected' -Category ConnectionError -Terminating `
            -Message 'This runspace has no connection to a Customer Lockbox; each runspace, job and -Parallel block has its own.' `
            -Remedy 'Connect inside the block: Connect-CustomerLockbox -Url http://127.0.0.1:8420 -Token $token  Or set LOCKBOX_URL and LOCKBOX_TOKEN.'
    }
    if ([string]::IsNullOrWhiteSpace($url)) {
        $url = 'http://127.0.0.1:8420'
    }
    $files = "$env:LOCKBOX_CA|$env:LOCKBOX_CLIENT_CERTIFICATE|$env:LOCKBOX_CLIENT_KEY"
    $known = $state.EnvironmentConnection
    if ($null -eq $known -or $known.Url -cne $url.Trim() -or $known.Token -cne "$token".Trim() -or $known.Files -cne $files) {
        $known = New-LockboxConnection -Url $url -Token $token -Source Environment
        if (-not (Test-LockboxFault $known)) {
            $known.Files = $files
            $state.EnvironmentConnection = $known
        }
    }
    $known
}
