function Read-LockboxRequest {
    # One request as the daemon tells it, by reference number or GUID.
    param(
        [Parameter(Mandatory = $true)][string]$RequestId,
        [AllowNull()][AllowEmptyString()][string]$Tenant
    )
    $params = @{ requestId = $RequestId }
    if (-not [string]::IsNullOrWhiteSpace($Tenant)) {
        $params['tenant'] = $Tenant.Trim()
    }
    (Invoke-LockboxRpc -Method 'request.get' -Params $params).request
}
