function New-LockboxHttpClient {
    # One client per connection, so that calls share a TCP connection. No proxy for the loopback
    # address, and never a redirect: the token must reach nobody else.
    param([Parameter(Mandatory = $true)][uri]$Endpoint)
    if ($PSVersionTable.PSEdition -ne 'Core') {
        Add-Type -AssemblyName 'System.Net.Http'
    }
    $handler = [System.Net.Http.HttpClientHandler]::new()
    $handler.AllowAutoRedirect = $false
    $handler.UseCookies = $false
    if ($Endpoint.IsLoopback) {
        $handler.UseProxy = $false
    }
    if ($PSVersionTable.PSEdition -ne 'Core' -and $null -ne $handler.PSObject.Properties['SslProtocols']) {
        # .NET Framework may still offer old protocols first; this sets it for our client alone.
        $handler.SslProtocols = [System.Security.Authentication.SslProtocols]::Tls12
    }
    $client = [System.Net.Http.HttpClient]::new($handler)
    $client.Timeout = [System.Threading.Timeout]::InfiniteTimeSpan
    $client
}
