function ConvertTo-LockboxNotification {
    # A notification of the wire as the object that people and scripts see.
    param([Parameter(Mandatory = $true)][object]$Notification)
    [pscustomobject]@{
        PSTypeName      = 'CustomerLockbox.Notification'
        NotificationId  = $Notification.notificationId
        Event           = $Notification.event
        EventDate       = ConvertFrom-LockboxInstant -Text $Notification.eventDate
        RequestId       = $Notification.requestId
        Identity        = $Notification.identity
        Channel         = $Notification.channel
        Receiver        = $Notification.receiver
        Audience        = $Notification.audience
        Reasons         = @($Notification.reasons)
        State           = $Notification.state
        Attempts        = [int]$Notification.attempts
        CreatedDate     = ConvertFrom-LockboxInstant -Text $Notification.createdDate
        NextAttemptDate = ConvertFrom-LockboxInstant -Text $Notification.nextAttemptDate
        DeliveredDate   = ConvertFrom-LockboxInstant -Text $Notification.deliveredDate
        GivenUpDate     = ConvertFrom-LockboxInstant -Text $Notification.givenUpDate
        Result          = $Notification.result
    }
}

function ConvertTo-LockboxNotificationPreview {
    # Who would be told, one object each.
    param([Parameter(Mandatory = $true)][object]$Reply)
    foreach ($one in $Reply.recipients) {
        [pscustomobject]@{
            PSTypeName = 'CustomerLockbox.NotificationPreview'
            Channel    = 'mail'
            Receiver   = $one.address
            Audience   = $one.audience
            Reasons    = @($one.reasons)
        }
    }
    foreach ($name in $Reply.webhooks) {
        [pscustomobject]@{
            PSTypeName = 'CustomerLockbox.NotificationPreview'
            Channel    = 'webhook'
            Receiver   = $name
            Audience   = $null
            Reasons    = @()
        }
    }
}
