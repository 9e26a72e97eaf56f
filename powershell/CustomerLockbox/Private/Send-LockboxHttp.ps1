function Send-LockboxHttp {
    # The one place that talks to the daemon: text in, text out; or a failure. The task is polled, so
    # that Ctrl-C is seen, and cancelled in `finally`, so that nothing stays behind.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][string]$Text
    )
    $client = Get-LockboxHttpClient -Connection $Connection
    if (Test-LockboxFault $client) {
        return $client
    }
    # Longer than any call takes; without it a daemon that hangs would hang a CI job for ever.
    $cancel = [System.Threading.CancellationTokenSource]::new([timespan]::FromMinutes(5))
    $request = [System.Net.Http.HttpRequestMessage]::new([System.Net.Http.HttpMethod]::Post, $Connection.Endpoint)
    $response = $null
    try {
        $request.Headers.ExpectContinue = $false
        if ($Connection.Token -ne '') {
            $request.Headers.Authorization = [System.Net.Http.Headers.AuthenticationHeaderValue]::new('Bearer', $Connection.Token)
        }
        $request.Content = [System.Net.Http.StringContent]::new($Text, [System.Text.UTF8Encoding]::new($false), 'application/json')
        $task = $client.SendAsync($request, $cancel.Token)
        $null = Wait-LockboxTask -Task $task
        if ($task.IsCanceled) {
            return New-LockboxTransportError -Connection $Connection -Message 'it did not answer within five minutes'
        }
        if ($task.IsFaulted) {
            $fault = $task.Exception.GetBaseException().Message
            return New-LockboxTransportError -Connection $Connection -Message $fault
        }
        $response = $task.Result
        # The whole answer is in memory by now, so reading it does not wait.
        $answer = [System.Text.Encoding]::UTF8.GetString($response.Content.ReadAsByteArrayAsync().Result)
        if ([int]$response.StatusCode -ne 200) {
            $fault = 'it answered HTTP {0}: {1}' -f [int]$response.StatusCode, $answer
            return New-LockboxTransportError -Connection $Connection -Message $fault
        }
        $answer
    }
    finally {
        $cancel.Cancel()
        if ($null -ne $response) { $response.Dispose() }
        $request.Dispose()
        $cancel.Dispose()
        if ($null -ne $Connection.Socket) { $client.Dispose() }
    }
}
