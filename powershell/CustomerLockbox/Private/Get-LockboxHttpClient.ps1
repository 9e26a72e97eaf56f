function Get-LockboxHttpClient {
    # One client per connection, so that calls share a TCP connection; a Unix socket is connected anew
    # for each call. No proxy for the loopback address, and never a redirect: the token must reach
    # nobody else.
    param([Parameter(Mandatory = $true)][hashtable]$Connection)
    if ($null -ne $Connection.Socket) {
        return New-LockboxUnixClient -Connection $Connection
    }
    if ($null -ne $Connection.Client) {
        return $Connection.Client
    }
    if ($PSVersionTable.PSEdition -ne 'Core') {
        Add-Type -AssemblyName 'System.Net.Http'
    }
    $handler = [System.Net.Http.HttpClientHandler]::new()
    $handler.AllowAutoRedirect = $false
    $handler.UseCookies = $false
    if ($Connection.Endpoint.IsLoopback) {
        $handler.UseProxy = $false
    }
    if ($PSVersionTable.PSEdition -ne 'Core' -and $null -ne $handler.PSObject.Properties['SslProtocols']) {
        # .NET Framework may still offer old protocols first; this sets it for our client alone.
        $handler.SslProtocols = [System.Security.Authentication.SslProtocols]::Tls12
    }
    $Connection.Client = [System.Net.Http.HttpClient]::new($handler)
    $Connection.Client.Timeout = [System.Threading.Timeout]::InfiniteTimeSpan
    $Connection.Client
}
