function ConvertTo-LockboxWebhook {
    # A webhook of the wire as the object that people and scripts see.
    param([Parameter(Mandatory = $true)][object]$Webhook)
    [pscustomobject]@{
        PSTypeName  = 'CustomerLockbox.Webhook'
        WebhookId   = $Webhook.webhookId
        Name        = $Webhook.name
        Url         = $Webhook.url
        Format      = $Webhook.format
        Events      = @($Webhook.events)
        Paused      = $Webhook.paused
        CreatedDate = ConvertFrom-LockboxInstant -Text $Webhook.createdDate
        CreatedBy   = $Webhook.createdBy
    }
}

function ConvertTo-LockboxWebhookSecret {
    # The secret of a webhook, which is shown once: the only object that ever holds one; or a failure
    # where an earlier call has shown it.
    param([Parameter(Mandatory = $true)][object]$Reply)
    if ($Reply.secretAlreadyShown) {
        return New-LockboxError -Code 'secretAlreadyShown' -Category InvalidOperation `
            -Message "Webhook $($Reply.webhookId) has a secret that was shown in an answer which did not arrive." `
            -Remedy "Get a new one: Set-CustomerLockboxWebhook -WebhookId $($Reply.webhookId) -Rotate -OverlapHours 0"
    }
    [pscustomobject]@{
        PSTypeName     = 'CustomerLockbox.WebhookSecret'
        WebhookId      = $Reply.webhookId
        Secret         = $Reply.secret
        OldSecretUntil = ConvertFrom-LockboxInstant -Text $Reply.oldSecretUntil
    }
}
