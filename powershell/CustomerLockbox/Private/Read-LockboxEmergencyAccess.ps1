function Read-LockboxEmergencyAccess {
    # The request behind emergency access, by reference number or GUID; or a failure, also where it is
    # any other request.
    param(
        [AllowNull()][object]$RequestId,
        [AllowNull()][AllowEmptyString()][string]$Tenant
    )
    $request = Read-LockboxRequest -RequestId $RequestId -Tenant $Tenant
    if ((Test-LockboxFault $request) -or $null -ne $request.emergency) {
        return $request
    }
    New-LockboxError -Code 'notFound' -Category ObjectNotFound -Message "Request $RequestId is no emergency access." `
        -Remedy 'Get-CustomerLockboxEmergencyAccess lists those that are; Get-AccessToCustomerDataRequest reads any request.'
}
