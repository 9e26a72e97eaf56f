function ConvertFrom-LockboxRefusal {
    # An HTTP status other than 200 as a failure: the daemon's own refusals hold code, message and
    # remedy; a gateway's hold anything.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][int]$Status,
        [AllowEmptyString()][string]$Text,
        [AllowNull()][object]$RetryAfter
    )
    if ($Status -eq 407) {
        return New-LockboxTransportError -Connection $Connection -Code 'proxy' -Message 'the proxy wants a name and a password'
    }
    $data = $null
    try {
        $data = ConvertFrom-LockboxJson -Text $Text
    }
    catch {
        $null = $global:Error.Remove($_)
    }
    if ($null -eq $data -or $data.code -isnot [string]) {
        $shown = ConvertTo-LockboxShownText -Text ($Text -replace '<[^>]*>', ' ')
        if ($Status -ne 429 -and ($Status -ne 503 -or $null -eq $RetryAfter)) {
            return New-LockboxTransportError -Connection $Connection -Code 'httpStatus' -Message "what answered said HTTP ${Status}: $shown"
        }
        $data = [pscustomobject]@{
            code    = 'busy'
            message = "What stands before the Customer Lockbox at $($Connection.Url) takes no more calls now (HTTP $Status)."
            remedy  = 'Run the command again later.'
        }
    }
    if ($null -ne $RetryAfter -and $null -ne $RetryAfter.Delta) {
        $data.PSObject.Properties.Add([psnoteproperty]::new('retryAfterSeconds', [int]$RetryAfter.Delta.TotalSeconds))
    }
    ConvertTo-LockboxRpcError -RpcError ([pscustomobject]@{ code = $Status; message = $data.message; data = $data })
}
