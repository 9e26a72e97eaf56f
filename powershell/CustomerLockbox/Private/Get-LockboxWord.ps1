function Get-LockboxWord {
    # The words that a parameter takes, as documented: to check what was given, and to offer on Tab.
    param([Parameter(Mandatory = $true)][string]$Name)
    $words = @{
        AccessLevel      = 'read', 'write'
        ApprovalDecision = 'Approve', 'Deny', 'Cancel'
        ApprovalStatus   = 'Approved', 'Canceled', 'Denied', 'Expired', 'Pending'
        Decision         = 'Approve', 'Reject'
        EmergencyAccess  = 'allowed', 'reportOnly'
        Format           = 'Csv', 'JsonLines'
        LogLevel         = 'None', 'Verbose'
        ResultStatus     = 'True', 'False'
        ServiceName      = 'EOP', 'Exchange', 'SharePoint', 'Teams', 'OneDrive', 'Copilot', 'Windows365'
        SessionCommand   = 'ReturnLargeSet', 'ReturnNextPreviewPage', 'Initialize'
        State            = 'InternalReview', 'Rejected', 'Pending', 'Approved', 'Denied', 'Canceled', 'Expired', 'Withdrawn', 'Completed', 'Revoked', 'Ended'
    }
    $words[$Name]
}
