function Invoke-LockboxRpc {
    # One JSON-RPC call; returns the result, or a failure. A failure among the params comes back
    # instead of a call. "Busy" is tried again, and where an idempotency key makes it safe so is a call
    # whose answer was lost or whose outcome the daemon does not know. With a deadline nothing is
    # tried again, and an answer that comes later is a time-out.
    param(
        [Parameter(Mandatory = $true)][string]$Method,
        [System.Collections.IDictionary]$Params = @{},
        [AllowNull()][object]$Connection,
        [AllowNull()][object]$Deadline
    )
    $fault = Find-LockboxFault -Values $Params
    if ($null -ne $fault) {
        return $fault
    }
    if ($null -eq $Connection) {
        $Connection = Get-LockboxConnection
    }
    if (Test-LockboxFault $Connection) {
        return $Connection
    }
    $id = [guid]::NewGuid().ToString()
    $envelope = [ordered]@{
        jsonrpc = '2.0'
        id      = $id
        method  = $Method
        params  = ConvertTo-LockboxJsonValue -Value $Params
    }
    $text = Microsoft.PowerShell.Utility\ConvertTo-Json -InputObject $envelope -Depth 50 -Compress
    $keyed = $Params.Keys -contains 'idempotencyKey'
    # Seconds that may be spent waiting between the attempts.
    $patience = 60
    $lost = $false
    for ($attempt = 1; ; $attempt++) {
        $limit = [timespan]::FromSeconds($Connection.Transport.TimeoutSec)
        if ($null -ne $Deadline) {
            $limit = $Deadline - [datetime]::UtcNow
            if ($limit -le [timespan]::Zero) {
                return Get-LockboxTransportFault -Connection $Connection
            }
        }
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $reply = Send-LockboxHttp -Connection $Connection -Text $text -Limit $limit
        $took = "$($watch.ElapsedMilliseconds) ms"
        $name = "call $id"
        if ($null -ne $Connection.RequestId) { $name = "request $($Connection.RequestId)" }
        if ($reply -is [string]) {
            $reply = ConvertFrom-LockboxReply -Connection $Connection -Text $reply
        }
        if (-not (Test-LockboxFault $reply)) {
            Write-Verbose -Message "$Method at $($Connection.Url): answered in $took ($name)."
            return $reply.result
        }
        $data = $reply.Exception.Data
        $lost = $lost -or $data['code'] -eq 'connectionLost' -or $data['code'] -eq 'outcomeUnknown'
        $again = $data['code'] -eq 'busy' -or ($keyed -and ($data['code'] -eq 'outcomeUnknown' -or ($lost -and $data['code'] -like 'connection*')))
        $wait = 1
        if ($null -ne $data['retryAfterSeconds']) {
            $wait = [System.Math]::Max(1, [int]$data['retryAfterSeconds'])
        }
        if (-not $again -or $attempt -ge 5 -or $wait -gt $patience -or $null -ne $Deadline) {
            Write-Verbose -Message "$Method at $($Connection.Url): $($data['code']) after $took ($name)."
            if ($keyed -and ($lost -or $data['code'] -eq 'timedOut')) {
                $data['remedy'] = "It may have been done: read what it was about before you repeat it. $($data['remedy'])"
            }
            return $reply
        }
        Write-Verbose -Message "$Method at $($Connection.Url): $($data['code']) after $took, again in $wait s ($name)."
        $patience -= $wait
        Start-Sleep -Seconds $wait
    }
}

function ConvertFrom-LockboxReply {
    # The daemon's answer as an object that holds a result; or a failure.
    param([Parameter(Mandatory = $true)][hashtable]$Connection, [AllowEmptyString()][string]$Text)
    $reply = $null
    try {
        $reply = ConvertFrom-LockboxJson -Text $Text
    }
    catch {
        $null = $global:Error.Remove($_)
    }
    if ($null -eq $reply -or $reply.jsonrpc -ne '2.0') {
        return New-LockboxTransportError -Connection $Connection -Code 'notDaemon' -Message 'what answered does not speak JSON-RPC 2.0'
    }
    if ($null -ne $reply.PSObject.Properties['error']) {
        return ConvertTo-LockboxRpcError -RpcError $reply.error
    }
    $reply
}
