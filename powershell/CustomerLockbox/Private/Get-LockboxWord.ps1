function Get-LockboxWord {
    # The words that a parameter takes, as documented: to check what was given, and to offer on Tab.
    param([Parameter(Mandatory = $true)][string]$Name)
    $words = @{
        AccessLevel       = 'read', 'write'
        ApprovalDecision  = 'Approve', 'Deny', 'Cancel'
        ApprovalStatus    = 'Approved', 'Canceled', 'Denied', 'Expired', 'Pending'
        Decision          = 'Approve', 'Reject'
        EmergencyAccess   = 'allowed', 'reportOnly'
        Event             = 'requestSubmitted', 'requestRejected', 'requestArrived', 'requestReminder', 'requestEscalated', 'approvalRecorded', 'denialRecorded',
        'requestDecided', 'requestExpired', 'requestWithdrawn', 'accessGranted', 'accessStarted', 'accessEnding', 'accessEnded', 'accessCompleted', 'accessRevoked',
        'engineerActed', 'policyChanged', 'policyWeakened', 'policyProposed', 'policyProposalWithdrawn', 'settingsChanged', 'rolesChanged', 'tenantChanged',
        'emergencyAccess', 'emergencyReported', 'emergencyAcknowledged', 'notificationUndeliverable', 'webhookPaused'
        Format            = 'Csv', 'JsonLines'
        Language          = 'en', 'de', 'fr', 'es', 'ja'
        LogLevel          = 'None', 'Verbose'
        NotificationState = 'waiting', 'delivered', 'undeliverable'
        ResultStatus      = 'True', 'False'
        ServiceName       = 'EOP', 'Exchange', 'SharePoint', 'Teams', 'OneDrive', 'Copilot', 'Windows365'
        SessionCommand    = 'ReturnLargeSet', 'ReturnNextPreviewPage', 'Initialize'
        State             = 'InternalReview', 'Rejected', 'Pending', 'Approved', 'Denied', 'Canceled', 'Expired', 'Withdrawn', 'Completed', 'Revoked', 'Ended'
        WebhookFormat     = 'cloudEvents', 'cloudEventsBinary', 'slack', 'teams', 'json'
    }
    $words[$Name]
}
