function ConvertTo-LockboxRequest {
    # A request of the wire as the object that people and scripts see.
    param([Parameter(Mandatory = $true)][object]$Request)
    [pscustomobject]@{
        PSTypeName           = 'CustomerLockbox.Request'
        RequestId            = $Request.requestId
        Identity             = $Request.identity
        ServiceRequestNumber = $Request.serviceRequestNumber
        ServiceName          = $Request.serviceName
        Tenant               = $Request.tenant
        Requestor            = $Request.requestor
        Reason               = $Request.reason
        Citizenship          = $Request.citizenship
        CreatedDate          = ConvertFrom-LockboxInstant -Text $Request.createdDate
        SentToCustomerDate   = ConvertFrom-LockboxInstant -Text $Request.sentToCustomerDate
        ExpirationDate       = ConvertFrom-LockboxInstant -Text $Request.expirationDate
        Duration             = [timespan]::FromSeconds($Request.durationSeconds)
        ApprovalStatus       = $Request.approvalStatus
        State                = $Request.state
        DecidedBy            = $Request.decidedBy
        DecidedDate          = ConvertFrom-LockboxInstant -Text $Request.decidedDate
        Comment              = $Request.comment
        AccessStart          = ConvertFrom-LockboxInstant -Text $Request.accessStart
        AccessEnd            = ConvertFrom-LockboxInstant -Text $Request.accessEnd
        ApprovalsGiven       = $Request.approvalsGiven
        ApprovalsNeeded      = $Request.approvalsNeeded
    }
}
