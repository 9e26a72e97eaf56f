function New-LockboxConnection {
    # What one connection consists of. The token stays in here; the objects that users see never
    # hold it. The id is part of the key of a search session.
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Url,
        [AllowNull()][AllowEmptyString()][string]$Token,
        [Parameter(Mandatory = $true)][ValidateSet('Connect', 'Environment')][string]$Source,
        [System.Collections.IDictionary]$Transport = @{}
    )
    $text = $Url.Trim()
    $socket = $null
    $endpoint = [uri]'http://localhost/rpc'
    if ($text -match '^unix://(/.+)$') {
        $socket = $Matches[1]
        $fault = Get-LockboxUnixSocketFault
        if ($null -ne $fault) {
            return $fault
        }
    }
    else {
        $uri = $null
        if (-not [uri]::TryCreate($text, [System.UriKind]::Absolute, [ref]$uri) -or @('http', 'https') -notcontains $uri.Scheme) {
            return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message "'$Url' is not the address of a daemon." `
                -Remedy 'Write http://127.0.0.1:8420, https://host:port, or unix:///path/to/socket.'
        }
        if ($uri.UserInfo -ne '' -or $uri.Query -ne '') {
            # The address is shown in texts; what may be a secret in it must not be.
            return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'The address holds a name, a password or a query.' `
                -Remedy 'Write https://host:port; the token goes into -Token, -Credential or LOCKBOX_TOKEN.'
        }
        if ($uri.Scheme -eq 'http' -and -not $uri.IsLoopback) {
            return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message "'$Url' would send the token in clear text over the network." `
                -Remedy 'Use an https address; http is for the loopback address only.'
        }
        $base = $uri.GetLeftPart([System.UriPartial]::Path).TrimEnd('/')
        if (-not $base.EndsWith('/rpc', [System.StringComparison]::Ordinal)) {
            $base = "$base/rpc"
        }
        $endpoint = [uri]$base
    }
    $secret = "$Token".Trim()
    if ($secret -match '[^\x21-\x7e]') {
        return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'The token holds characters that no token has.' `
            -Remedy 'Paste the token as it was shown, in one line.'
    }
    $way = ConvertTo-LockboxTransport -Given $Transport -Endpoint $endpoint -Socket $socket
    if (Test-LockboxFault $way) {
        return $way
    }
    @{
        Id        = [guid]::NewGuid().ToString()
        Url       = $text
        Endpoint  = $endpoint
        Socket    = $socket
        Token     = $secret
        Source    = $Source
        Transport = $way
        Client    = $null
        RequestId = $null
        Principal = $null
        Connected = [datetime]::UtcNow
    }
}
