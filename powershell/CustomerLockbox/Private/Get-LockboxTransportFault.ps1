function Get-LockboxTransportFault {
    # Why a call met no answer, from what .NET threw: its texts name the certificate's faults and the
    # proxy on every edition but the oldest. No exception means that the time was up.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [AllowNull()][System.Exception]$Exception
    )
    if ($null -eq $Exception) {
        return New-LockboxTransportError -Connection $Connection -Code 'timedOut' -Message "the call timed out after $($Connection.Transport.TimeoutSec) s"
    }
    $text = ''
    $reason = ''
    $tls = $false
    $broken = $false
    for ($at = $Exception; $null -ne $at; $at = $at.InnerException) {
        # Without the daemon's own name, which may hold any word that is looked for below.
        $text = "$text $($at.Message -replace [regex]::Escape("$($Connection.Endpoint.Host)"), '')"
        # The outer texts only say that there is an inner one.
        if ($reason -eq '' -or $reason -match 'inner exception|more errors occurred|while sending the request') { $reason = $at.Message.TrimEnd('.', '"') }
        $tls = $tls -or $at -is [System.Security.Authentication.AuthenticationException]
        $broken = $broken -or $at -is [System.IO.IOException]
    }
    $code = 'connection'
    if ($text -match '\balert\b.*certificate|certificate required|alert unknown ca') { $code = 'tlsClientCertificate' }
    elseif ($tls -and $text -match 'NameMismatch') { $code = 'tlsNameMismatch' }
    elseif ($tls -and $text -match 'NotTimeValid' -and $text -notmatch 'PartialChain|UntrustedRoot') { $code = 'tlsExpired' }
    elseif ($tls -and $text -match 'certificate is invalid') { $code = 'tlsUntrusted' }
    elseif ($tls) { $code = 'tlsFailed' }
    elseif ($text -match '(?i)proxy') { $code = 'proxy' }
    elseif ($broken) { $code = 'connectionLost' }
    New-LockboxTransportError -Connection $Connection -Code $code -Message $reason
}
