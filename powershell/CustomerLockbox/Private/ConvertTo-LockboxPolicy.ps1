function ConvertTo-LockboxPolicy {
    # Settings and policy of the wire as the object that people and scripts see.
    param([Parameter(Mandatory = $true)][object]$Reply)
    $settings = $Reply.settings
    $version = ConvertTo-LockboxPolicyVersion -Version $Reply.policy
    [pscustomobject]@{
        PSTypeName             = 'CustomerLockbox.Policy'
        Tenant                 = $settings.tenant
        Version                = $version.Version
        Hash                   = $version.Hash
        PutBy                  = $version.PutBy
        PutDate                = $version.PutDate
        Reason                 = $version.Reason
        Difference             = $version.Difference
        Document               = $Reply.policy.document
        CustomerLockboxEnabled = $settings.approvalRequired
        HoursToAnswer          = [int]$settings.hoursToAnswer
        AutomaticApproval      = $settings.automaticApproval
        EmergencyAccess        = $settings.emergencyAccess
        Tags                   = @($settings.tags)
        Notifications          = $settings.notifications
        PendingChangeId        = $Reply.pendingChange.changeId
    }
}

function ConvertTo-LockboxPolicyVersion {
    # One version of a policy without its document; version 0 where there is none.
    param([AllowNull()][object]$Version)
    [pscustomobject]@{
        PSTypeName = 'CustomerLockbox.PolicyVersion'
        Version    = [int]$Version.version
        Hash       = $Version.hash
        PutBy      = $Version.putBy
        PutDate    = ConvertFrom-LockboxInstant -Text $Version.putDate
        Reason     = $Version.reason
        Difference = @($Version.difference | Where-Object -FilterScript { $null -ne $_ } | ForEach-Object -Process { $_.text })
    }
}

function ConvertTo-LockboxPolicyChange {
    # A change that waits for a second administrator.
    param([Parameter(Mandatory = $true)][object]$Change)
    [pscustomobject]@{
        PSTypeName   = 'CustomerLockbox.PolicyChange'
        ChangeId     = $Change.changeId
        ProposedBy   = $Change.proposedBy
        ProposedDate = ConvertFrom-LockboxInstant -Text $Change.proposedDate
        AloneAfter   = ConvertFrom-LockboxInstant -Text $Change.aloneAfter
        Reason       = $Change.reason
        Settings     = $Change.settings
        Document     = $Change.document
    }
}
