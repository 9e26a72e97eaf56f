function Invoke-LockboxRpc {
    # One JSON-RPC call; returns the result or throws. "Busy" is tried again, and so is an outcome
    # that the daemon does not know, where the same idempotency key makes that safe.
    param(
        [Parameter(Mandatory = $true)][string]$Method,
        [System.Collections.IDictionary]$Params = @{},
        [AllowNull()][hashtable]$Connection
    )
    if ($null -eq $Connection) {
        $Connection = Get-LockboxConnection
    }
    $id = [guid]::NewGuid().ToString()
    $envelope = [ordered]@{
        jsonrpc = '2.0'
        id      = $id
        method  = $Method
        params  = ConvertTo-LockboxJsonValue -Value $Params
    }
    $text = Microsoft.PowerShell.Utility\ConvertTo-Json -InputObject $envelope -Depth 50 -Compress
    for ($attempt = 1; ; $attempt++) {
        Write-Verbose -Message "$Method at $($Connection.Url), attempt $attempt."
        $answer = Send-LockboxHttp -Connection $Connection -Text $text
        $reply = $null
        try {
            $reply = ConvertFrom-LockboxJson -Text $answer
        }
        catch {
            $null = $global:Error.Remove($_)
        }
        if ($null -eq $reply -or $reply.jsonrpc -ne '2.0') {
            throw (New-LockboxTransportError -Connection $Connection -Message 'what answered does not speak JSON-RPC 2.0')
        }
        if ($null -eq $reply.PSObject.Properties['error']) {
            return $reply.result
        }
        $failure = ConvertTo-LockboxRpcError -RpcError $reply.error
        $code = $failure.Exception.Data['code']
        $again = $code -eq 'busy' -or ($code -eq 'outcomeUnknown' -and $Params.Contains('idempotencyKey'))
        if (-not $again -or $attempt -ge 4) {
            throw $failure
        }
        $wait = 1
        if ($null -ne $failure.Exception.Data['retryAfterSeconds']) {
            $wait = [System.Math]::Min([int]$failure.Exception.Data['retryAfterSeconds'], 10)
        }
        Start-Sleep -Seconds $wait
    }
}
