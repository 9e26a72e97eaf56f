function Get-LockboxHttpClient {
    # One client per connection, so that calls share a TCP connection; a Unix socket is connected anew
    # for each call.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][System.Threading.CancellationToken]$Cancel
    )
    if ($null -ne $Connection.Socket) {
        return New-LockboxUnixClient -Connection $Connection -Cancel $Cancel
    }
    if ($null -eq $Connection.Client) {
        $Connection.Client = [System.Net.Http.HttpClient]::new((New-LockboxHttpHandler -Connection $Connection))
        $Connection.Client.Timeout = [System.Threading.Timeout]::InfiniteTimeSpan
    }
    $Connection.Client
}
