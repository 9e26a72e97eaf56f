function Read-LockboxRequest {
    # One request as the daemon tells it, by reference number or GUID; or a failure.
    param(
        [AllowNull()][object]$RequestId,
        [AllowNull()][AllowEmptyString()][string]$Tenant
    )
    $params = @{ requestId = $RequestId }
    if ($Tenant) {
        $params['tenant'] = $Tenant
    }
    $reply = Invoke-LockboxRpc -Method 'request.get' -Params $params
    if (Test-LockboxFault $reply) {
        return $reply
    }
    $reply.request
}
