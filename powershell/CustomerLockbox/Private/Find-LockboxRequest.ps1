function Find-LockboxRequest {
    # The request with this id if it passes the filters; nothing if they exclude it; a failure if there
    # is no such request. The daemon judges the filters, so they mean the same as in a list.
    param(
        [AllowNull()][object]$RequestId,
        [Parameter(Mandatory = $true)][hashtable]$Filter
    )
    $others = @($Filter.Keys | Where-Object -FilterScript { $_ -ne 'tenant' })
    if ($others.Count -gt 0) {
        $page = Invoke-LockboxRpc -Method 'request.list' -Params ($Filter + @{ requestId = $RequestId })
        if (Test-LockboxFault $page) {
            return $page
        }
        if (@($page.requests).Count -gt 0) {
            return $page.requests
        }
    }
    $request = Read-LockboxRequest -RequestId $RequestId -Tenant $Filter['tenant']
    if ($others.Count -eq 0 -or (Test-LockboxFault $request)) {
        $request
    }
}
