function ConvertTo-LockboxEmergencyAccess {
    # Emergency access of the wire as the object that people and scripts see. What was only reported
    # has no grant; its times are those of the report.
    param([Parameter(Mandatory = $true)][object]$Request)
    $emergency = $Request.emergency
    $start = $Request.accessStart
    $end = $Request.accessEnd
    if ($emergency.reported) {
        $start = $emergency.reportedStart
        $end = $emergency.reportedEnd
    }
    [pscustomobject]@{
        PSTypeName           = 'CustomerLockbox.EmergencyAccess'
        RequestId            = $Request.requestId
        Identity             = $Request.identity
        Incident             = $emergency.incident
        ServiceRequestNumber = $Request.serviceRequestNumber
        ServiceName          = $Request.serviceName
        Tenant               = $Request.tenant
        Requestor            = $Request.requestor
        Reviewer             = $Request.reviewedBy
        Reason               = $Request.reason
        AccessLevel          = $Request.accessLevel
        CreatedDate          = ConvertFrom-LockboxInstant -Text $Request.createdDate
        State                = $Request.state
        Reported             = $emergency.reported
        AccessStart          = ConvertFrom-LockboxInstant -Text $start
        AccessEnd            = ConvertFrom-LockboxInstant -Text $end
        AcknowledgedBy       = $emergency.acknowledgedBy
        AcknowledgedDate     = ConvertFrom-LockboxInstant -Text $emergency.acknowledgedDate
        Comment              = $emergency.comment
    }
}
