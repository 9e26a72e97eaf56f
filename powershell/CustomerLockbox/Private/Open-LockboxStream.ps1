function Open-LockboxStream {
    # Listens to events of the daemon; returns what Read-LockboxStream takes, or a failure. Behind
    # LastEventId where one is given, else from now on.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][string]$Query,
        [AllowEmptyString()][string]$LastEventId
    )
    $address = [uri]($Connection.Endpoint.AbsoluteUri -replace '/rpc$', "/events?$Query")
    $stream = @{
        Cancel   = [System.Threading.CancellationTokenSource]::new()
        Client   = $null
        Own      = $null -ne $Connection.Socket
        Response = $null
        Body     = $null
        Reading  = $null
        Buffer   = [byte[]]::new(16384)
        Decoder  = [System.Text.UTF8Encoding]::new($false).GetDecoder()
        Text     = ''
        Id       = $LastEventId
    }
    $limit = [System.Threading.CancellationTokenSource]::new([timespan]::FromSeconds($Connection.Transport.TimeoutSec))
    $request = [System.Net.Http.HttpRequestMessage]::new([System.Net.Http.HttpMethod]::Get, $address)
    $opened = $false
    try {
        $client = Get-LockboxHttpClient -Connection $Connection -Cancel $limit.Token
        if (Test-LockboxFault $client) {
            return $client
        }
        $stream.Client = $client
        if ($Connection.Token -ne '') {
            $request.Headers.Authorization = [System.Net.Http.Headers.AuthenticationHeaderValue]::new('Bearer', $Connection.Token)
        }
        if ($LastEventId -ne '') { $null = $request.Headers.TryAddWithoutValidation('Last-Event-ID', $LastEventId) }
        $task = $client.SendAsync($request, 'ResponseHeadersRead', $limit.Token)
        $null = Wait-LockboxTask -Task $task
        if ($task.IsCanceled -or $task.IsFaulted) {
            return Get-LockboxTransportFault -Connection $Connection -Exception $task.Exception
        }
        $stream.Response = $task.Result
        if ([int]$stream.Response.StatusCode -ne 200) {
            $task = $stream.Response.Content.ReadAsStringAsync()
            $null = Wait-LockboxTask -Task $task
            $text = ''
            if (-not $task.IsFaulted -and -not $task.IsCanceled) { $text = $task.Result }
            return ConvertFrom-LockboxRefusal -Connection $Connection -Status ([int]$stream.Response.StatusCode) -Text $text -RetryAfter $stream.Response.Headers.RetryAfter
        }
        $task = $stream.Response.Content.ReadAsStreamAsync()
        $null = Wait-LockboxTask -Task $task
        if ($task.IsCanceled -or $task.IsFaulted) {
            return Get-LockboxTransportFault -Connection $Connection -Exception $task.Exception
        }
        $stream.Body = $task.Result
        $opened = $true
        $stream
    }
    finally {
        $request.Dispose()
        if (-not $opened) {
            $limit.Cancel()
            Close-LockboxStream -Stream $stream
        }
        $limit.Dispose()
    }
}

function Close-LockboxStream {
    # Lets go of a stream; what was being read is given up.
    param([Parameter(Mandatory = $true)][hashtable]$Stream)
    $Stream.Cancel.Cancel()
    if ($null -ne $Stream.Response) { $Stream.Response.Dispose() }
    if ($Stream.Own -and $null -ne $Stream.Client) { $Stream.Client.Dispose() }
    $Stream.Cancel.Dispose()
}
