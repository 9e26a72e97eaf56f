function New-LockboxUnixClient {
    # An HTTP client whose one connection is a Unix socket; or a failure. `Invoke-WebRequest -UnixSocket`
    # would do it in one line, but Ctrl-C does not end it while the daemon is silent. The callback that
    # .NET wants runs on another thread, where no script can; so it is an expression that hands over
    # the socket that was connected here.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][System.Threading.CancellationToken]$Cancel
    )
    if ($PSVersionTable.PSEdition -eq 'Core') {
        $socket = [System.Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
        $task = $socket.ConnectAsync([System.Net.Sockets.UnixDomainSocketEndPoint]::new($Connection.Socket), $Cancel).AsTask()
        $done = $false
        try {
            $done = Wait-LockboxTask -Task $task
        }
        finally {
            if (-not $done -or $task.IsFaulted -or $task.IsCanceled) { $socket.Dispose() }
        }
        if ($task.IsFaulted -or $task.IsCanceled) {
            return Get-LockboxTransportFault -Connection $Connection -Exception $task.Exception
        }
        $stream = [System.Net.Sockets.NetworkStream]::new($socket, $true)
        $handler = New-LockboxHttpHandler -Connection $Connection
        $kind = $handler.GetType().GetProperty('ConnectCallback').PropertyType
        $types = $kind.GetGenericArguments()
        $ready = [System.Linq.Expressions.Expression]::Constant([System.Activator]::CreateInstance($types[2], $stream), $types[2])
        $parameters = [System.Linq.Expressions.ParameterExpression[]]@(
            [System.Linq.Expressions.Expression]::Parameter($types[0]), [System.Linq.Expressions.Expression]::Parameter($types[1]))
        $handler.ConnectCallback = [System.Linq.Expressions.Expression]::Lambda($kind, $ready, $parameters).Compile()
        $client = [System.Net.Http.HttpClient]::new($handler)
        $client.Timeout = [System.Threading.Timeout]::InfiniteTimeSpan
        return $client
    }
    Get-LockboxUnixSocketFault
}
