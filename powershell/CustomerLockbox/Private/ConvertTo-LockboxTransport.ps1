function ConvertTo-LockboxTransport {
    # The way to the daemon as a caller described it to Connect, checked, with its files read: time,
    # proxy, authorities, client certificate. Or a failure.
    param(
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Given,
        [Parameter(Mandatory = $true)][uri]$Endpoint,
        [AllowNull()][AllowEmptyString()][string]$Socket
    )
    $way = @{
        # Longer than any call takes; without a limit a daemon that hangs would hang a CI job for ever.
        TimeoutSec      = 300
        NoProxy         = [bool]$Given['NoProxy']
        Proxy           = $null
        ProxyCredential = $Given['ProxyCredential']
        Authorities     = $null
        Certificate     = $null
    }
    if ($Given.ContainsKey('TimeoutSec')) { $way.TimeoutSec = $Given['TimeoutSec'] }
    $tls = -not $Socket -and $Endpoint.Scheme -eq 'https'
    foreach ($name in 'CaFile', 'ClientCertificate', 'ClientKey', 'ClientKeyPassword') {
        if ($Given.ContainsKey($name) -and -not $tls) {
            return New-LockboxUsageError -Message "-$name goes with an https address." -Remedy "Leave -$name out, or use the https address of the daemon."
        }
    }
    foreach ($name in 'Proxy', 'ProxyCredential') {
        if ($Given.ContainsKey($name) -and ($Socket -or $way.NoProxy -or -not $Given.ContainsKey('Proxy'))) {
            return New-LockboxUsageError -Message "-$name does not go with the rest." `
                -Remedy '-ProxyCredential needs -Proxy; neither goes with -NoProxy or with a Unix socket.'
        }
    }
    if ($Given.ContainsKey('Proxy')) {
        $proxy = $null
        if (-not [uri]::TryCreate([string]$Given['Proxy'], [System.UriKind]::Absolute, [ref]$proxy) -or $proxy.Scheme -ne 'http' -or $proxy.UserInfo -ne '') {
            return New-LockboxUsageError -Message 'What -Proxy names is not the address of an HTTP proxy, or it holds a password.' `
                -Remedy 'Write http://host:port; name and password go into -ProxyCredential.'
        }
        if (-not $tls -and -not $proxy.IsLoopback) {
            return New-LockboxUsageError -Message 'Without TLS the proxy would see the token.' -Remedy 'Use an https address, or leave -Proxy out.'
        }
        $way.Proxy = $proxy
    }
    if ($Given.ContainsKey('CaFile')) {
        $way.Authorities = Read-LockboxAuthority -Path $Given['CaFile']
    }
    elseif ($tls -and $env:LOCKBOX_CA) {
        $way.Authorities = Read-LockboxAuthority -Path $env:LOCKBOX_CA
    }
    if ($Given.ContainsKey('ClientCertificate')) {
        $way.Certificate = Read-LockboxCertificate -Value $Given['ClientCertificate'] -Key $Given['ClientKey'] -Password $Given['ClientKeyPassword']
    }
    elseif ($Given.ContainsKey('ClientKey') -or $Given.ContainsKey('ClientKeyPassword')) {
        return New-LockboxUsageError -Message '-ClientKey and -ClientKeyPassword need -ClientCertificate.' -Remedy 'Name the certificate too.'
    }
    elseif ($tls -and $env:LOCKBOX_CLIENT_CERTIFICATE) {
        $way.Certificate = Read-LockboxCertificate -Value $env:LOCKBOX_CLIENT_CERTIFICATE -Key $env:LOCKBOX_CLIENT_KEY
    }
    $fault = Find-LockboxFault -Values $way
    if ($null -ne $fault) {
        return $fault
    }
    $way
}

function New-LockboxUsageError {
    param([string]$Message, [string]$Remedy)
    New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message $Message -Remedy $Remedy
}
