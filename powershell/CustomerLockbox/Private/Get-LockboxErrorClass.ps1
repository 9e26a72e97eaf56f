function Get-LockboxErrorClass {
    # What a code of the daemon means to PowerShell: the category, and whether it ends the command.
    param([string]$Code)
    $classes = @{
        unauthenticated      = @('AuthenticationError', $true)
        tokenExpired         = @('AuthenticationError', $true)
        tokenRevoked         = @('AuthenticationError', $true)
        codeInvalid          = @('AuthenticationError', $true)
        tooManyAttempts      = @('AuthenticationError', $true)
        forbidden            = @('PermissionDenied', $true)
        notFound             = @('ObjectNotFound', $false)
        alreadyExists        = @('ResourceExists', $false)
        limitReached         = @('LimitsExceeded', $false)
        separationOfDuties   = @('PermissionDenied', $false)
        robotMayNotApprove   = @('PermissionDenied', $false)
        personRequired       = @('PermissionDenied', $false)
        emergencyForbidden   = @('PermissionDenied', $false)
        notAnApprover        = @('PermissionDenied', $false)
        deniedByPolicy       = @('PermissionDenied', $false)
        addressRefused       = @('PermissionDenied', $false)
        decisionNotAllowed   = @('PermissionDenied', $false)
        policyUnusable       = @('ResourceUnavailable', $false)
        auditSearchDisabled  = @('NotEnabled', $false)
        busy                 = @('ResourceBusy', $false)
        unavailable          = @('ResourceUnavailable', $false)
        outcomeUnknown       = @('OperationTimeout', $false)
        invalidParams        = @('InvalidArgument', $true)
        methodNotFound       = @('NotImplemented', $true)
        invalidRequest       = @('ProtocolError', $true)
        parseError           = @('ProtocolError', $true)
        internal             = @('OperationStopped', $false)
    }
    $class = @('InvalidOperation', $false)
    if ($classes.ContainsKey($Code)) {
        $class = $classes[$Code]
    }
    [pscustomobject]@{ Category = $class[0]; Terminating = $class[1] }
}
