function Find-LockboxRequest {
    # The request with this id if it passes the filters; nothing if they exclude it; an error if there
    # is no such request. The daemon judges the filters, so they mean the same as in a list.
    param(
        [AllowNull()][AllowEmptyString()][string]$RequestId,
        [AllowNull()][AllowEmptyString()][string]$Tenant,
        [Parameter(Mandatory = $true)][hashtable]$Filter
    )
    $id = ConvertTo-LockboxRequestId -Value $RequestId
    if ($Filter.Count -gt 0) {
        $params = $Filter + @{ requestId = $id }
        if ($Tenant) {
            $params['tenant'] = $Tenant
        }
        $page = Invoke-LockboxRpc -Method 'request.list' -Params $params
        if (@($page.requests).Count -gt 0) {
            return $page.requests
        }
    }
    $request = Read-LockboxRequest -RequestId $id -Tenant $Tenant
    if ($Filter.Count -eq 0) {
        $request
    }
}
