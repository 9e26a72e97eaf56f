function Invoke-LockboxRpc {
    # One JSON-RPC call; returns the result, or a failure. A failure among the params comes back
    # instead of a call. "Busy" is tried again, and so is an outcome that the daemon does not know,
    # where the same idempotency key makes that safe.
    param(
        [Parameter(Mandatory = $true)][string]$Method,
        [System.Collections.IDictionary]$Params = @{},
        [AllowNull()][object]$Connection
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
    $envelope = [ordered]@{
        jsonrpc = '2.0'
        id      = [guid]::NewGuid().ToString()
        method  = $Method
        params  = ConvertTo-LockboxJsonValue -Value $Params
    }
    $text = Microsoft.PowerShell.Utility\ConvertTo-Json -InputObject $envelope -Depth 50 -Compress
    for ($attempt = 1; ; $attempt++) {
        Write-Verbose -Message "$Method at $($Connection.Url), attempt $attempt."
        $answer = Send-LockboxHttp -Connection $Connection -Text $text
        if (Test-LockboxFault $answer) {
            return $answer
        }
        $reply = $null
        try {
            $reply = ConvertFrom-LockboxJson -Text $answer
        }
        catch {
            $null = $global:Error.Remove($_)
        }
        if ($null -eq $reply -or $reply.jsonrpc -ne '2.0') {
            return New-LockboxTransportError -Connection $Connection -Message 'what answered does not speak JSON-RPC 2.0'
        }
        if ($null -eq $reply.PSObject.Properties['error']) {
            return $reply.result
        }
        $failure = ConvertTo-LockboxRpcError -RpcError $reply.error
        $data = $failure.Exception.Data
        $again = $data['code'] -eq 'busy' -or ($data['code'] -eq 'outcomeUnknown' -and $Params.Contains('idempotencyKey'))
        if (-not $again -or $attempt -ge 4) {
            return $failure
        }
        $wait = 1
        if ($null -ne $data['retryAfterSeconds']) {
            $wait = [System.Math]::Min([int]$data['retryAfterSeconds'], 10)
        }
        Start-Sleep -Seconds $wait
    }
}
