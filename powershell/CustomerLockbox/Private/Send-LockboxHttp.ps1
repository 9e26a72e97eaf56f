function Send-LockboxHttp {
    # The one place that talks to the daemon: text in, text out; or a failure. The task is polled, so
    # that Ctrl-C is seen, and cancelled in `finally`, so that nothing stays behind.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][string]$Text,
        [Parameter(Mandatory = $true)][timespan]$Limit
    )
    $cancel = [System.Threading.CancellationTokenSource]::new($Limit)
    $request = [System.Net.Http.HttpRequestMessage]::new([System.Net.Http.HttpMethod]::Post, $Connection.Endpoint)
    $Connection.RequestId = $null
    $client = $null
    $response = $null
    try {
        $client = Get-LockboxHttpClient -Connection $Connection -Cancel $cancel.Token
        if (Test-LockboxFault $client) {
            return $client
        }
        $request.Headers.ExpectContinue = $false
        if ($Connection.Token -ne '') {
            $request.Headers.Authorization = [System.Net.Http.Headers.AuthenticationHeaderValue]::new('Bearer', $Connection.Token)
        }
        $request.Content = [System.Net.Http.StringContent]::new($Text, [System.Text.UTF8Encoding]::new($false), 'application/json')
        $task = $client.SendAsync($request, $cancel.Token)
        $null = Wait-LockboxTask -Task $task
        if ($task.IsCanceled -or $task.IsFaulted) {
            return Get-LockboxTransportFault -Connection $Connection -Exception $task.Exception
        }
        $response = $task.Result
        # The name that the daemon's log has for this call.
        $values = $null
        if ($response.Headers.TryGetValues('X-Request-Id', [ref]$values)) { $Connection.RequestId = ConvertTo-LockboxShownText -Text "$values" }
        # The whole answer is in memory by now, so reading it does not wait.
        $answer = [System.Text.Encoding]::UTF8.GetString($response.Content.ReadAsByteArrayAsync().Result)
        if ([int]$response.StatusCode -ne 200) {
            return ConvertFrom-LockboxRefusal -Connection $Connection -Status ([int]$response.StatusCode) -Text $answer -RetryAfter $response.Headers.RetryAfter
        }
        $answer
    }
    finally {
        $cancel.Cancel()
        if ($null -ne $response) { $response.Dispose() }
        $request.Dispose()
        $cancel.Dispose()
        if ($null -ne $Connection.Socket -and $client -is [System.IDisposable]) { $client.Dispose() }
    }
}
