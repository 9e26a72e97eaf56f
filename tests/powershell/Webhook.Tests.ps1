# Webhooks: created, read, changed, rotated, removed; a secret is shown once.
. "$PSScriptRoot/Harness.ps1"
$missing = $null
# A public address that is only judged here: nothing happens that it is told of.
$url = 'https://93.184.215.14/T000/B000'
$quiet = @{ Event = 'emergencyReported' }

It 'New- writes the secret, once; -WhatIf judges and makes nothing' {
    Connect-As admin
    New-CustomerLockboxWebhook -Name SIEM -Url $url -Format json @quiet -WhatIf 6>$null
    Assert-Equal @(Get-CustomerLockboxWebhook).Count 0
    $record = Assert-Throws { New-CustomerLockboxWebhook -Name SIEM -Url https://10.0.0.1/ -Format json -WhatIf -ErrorAction Stop } 'LockboxAddressRefused'
    Assert-Equal "$($record.CategoryInfo.Category)" 'PermissionDenied'
    $made = @(New-CustomerLockboxWebhook -Name SIEM -Url $url -Format CLOUDEVENTS @quiet)
    Assert-Equal $made.Count 1
    Assert-Equal @($made[0].PSObject.Properties.Name) @('WebhookId', 'Secret', 'OldSecretUntil')
    Assert-Match $made[0].Secret '^whsec_[A-Za-z0-9+/]{43}=$'
    $seen = Get-CustomerLockboxWebhook
    Assert-Equal @($seen.PSObject.Properties.Name) @('WebhookId', 'Name', 'Url', 'Format', 'Events', 'Paused', 'CreatedDate', 'CreatedBy')
    Assert-Equal @($seen.WebhookId, $seen.Name, $seen.Url, $seen.Format) @($made[0].WebhookId, 'SIEM', $url, 'cloudEvents')
    Assert-Equal @($seen.Events) @('emergencyReported')
    Assert-Equal ([string]$seen.CreatedDate.Kind) 'Utc'
    Assert-True ("$($seen | ConvertTo-Json)" -notmatch 'whsec_')
}
It 'a lost answer shows no secret again, and says how to get another' {
    $failure = Invoke-InModule { ConvertTo-LockboxWebhookSecret -Reply ([pscustomobject]@{ webhookId = 'x'; secret = $null; secretAlreadyShown = $true }) }
    Assert-Equal $failure.FullyQualifiedErrorId 'LockboxSecretAlreadyShown'
    Assert-Match $failure.Exception.Data['remedy'] '-Rotate'
}
It 'what is wrong is refused before anything is sent' {
    Connect-As admin
    foreach ($way in { New-CustomerLockboxWebhook -Name x -Url $url -Format xml }, { New-CustomerLockboxWebhook -Name ' ' -Url $url -Format json }, { New-CustomerLockboxWebhook -Name x -Url $url -Format json -Event requestArrived, nothing }) {
        $null = Assert-Throws $way 'LockboxUsage'
    }
    foreach ($way in { Set-CustomerLockboxWebhook -WebhookId $missing -Paused $true -ErrorAction Stop }, { Remove-CustomerLockboxWebhook -WebhookId ' ' -ErrorAction Stop }) {
        $null = Assert-Throws $way 'LockboxEmptyId'
    }
    Assert-Equal @(Get-CustomerLockboxWebhook).Count 1
}
It 'Set- changes what is named and nothing else' {
    Connect-As admin
    $webhook = Get-CustomerLockboxWebhook -Name SI*
    Assert-Equal @($webhook | Set-CustomerLockboxWebhook -Paused $true).Count 0
    $seen = $webhook | Set-CustomerLockboxWebhook -Name Watch -Format slack -PassThru
    Assert-Equal @($seen.Name, $seen.Format, $seen.Url) @('Watch', 'slack', $url)
    Assert-Match $seen.Paused 'has paused it'
    Assert-Equal @($seen.Events) @('emergencyReported')
    $null = $webhook | Set-CustomerLockboxWebhook -Event @() -WhatIf 6>$null
    Assert-Equal @((Get-CustomerLockboxWebhook).Events).Count 1
    $seen = $webhook | Set-CustomerLockboxWebhook -Event @() -PassThru
    Assert-Equal @($seen.Events).Count 0
    $null = $webhook | Set-CustomerLockboxWebhook @quiet
    Assert-True ($null -eq ($webhook | Set-CustomerLockboxWebhook -Paused $false -PassThru).Paused)
    $null = Assert-Throws { Set-CustomerLockboxWebhook -WebhookId ([guid]::NewGuid()) -Paused $true -ErrorAction Stop } 'LockboxNotFound'
}
It 'Set- -Rotate writes a new secret, and both sign for a while' {
    Connect-As admin
    $webhook = Get-CustomerLockboxWebhook
    $null = $webhook | Set-CustomerLockboxWebhook -Rotate -WhatIf 6>$null
    $first = $webhook | Set-CustomerLockboxWebhook -Rotate
    $second = $webhook | Set-CustomerLockboxWebhook -Rotate -OverlapHours 0
    Assert-True ($first.Secret -cne $second.Secret)
    Assert-True (($first.OldSecretUntil - [datetime]::UtcNow).TotalHours -gt 23)
    Assert-True ($null -eq $second.OldSecretUntil)
    $logged = (Invoke-Rpc $World.admin 'audit.search' @{ operations = @('LockboxWebhookChanged') }).records | Where-Object auditData -match 'OverlapHours'
    Assert-Equal @($logged).Count 2 '-WhatIf leaves no record'
}
It 'a reader sees the host and may change nothing; the table fits' {
    Connect-As reader
    Assert-Equal (Get-CustomerLockboxWebhook).Url "https://93.184.215.14/$([char]0x2026)"
    $null = Assert-Throws { New-CustomerLockboxWebhook -Name x -Url $url -Format json } "The term 'New-CustomerLockboxWebhook' is not recognized"
    $lines = (Get-CustomerLockboxWebhook | Out-String -Width 80).Split("`n").TrimEnd() | Where-Object { $_ }
    Assert-Match $lines[0] '^Name +Format +Paused Url'
    foreach ($line in $lines) { Assert-True ($line.Length -le 80) $line }
}
It 'Tab offers webhooks by name' {
    Connect-As admin
    $line = 'Remove-CustomerLockboxWebhook -WebhookId '
    $offer = @((TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches | Where-Object ResultType -eq 'ParameterValue')
    Assert-Equal @($offer.ListItemText) @('Watch')
    Assert-Equal $offer[0].CompletionText (Get-CustomerLockboxWebhook).WebhookId
}
It 'Remove- removes' {
    Connect-As admin
    Get-CustomerLockboxWebhook -Name Watch | Remove-CustomerLockboxWebhook -WhatIf 6>$null
    Assert-Equal @(Get-CustomerLockboxWebhook).Count 1
    $webhook = Get-CustomerLockboxWebhook
    Assert-Equal @($webhook | Remove-CustomerLockboxWebhook).Count 0
    Assert-Equal @(Get-CustomerLockboxWebhook).Count 0
    $null = Assert-Throws { $webhook | Remove-CustomerLockboxWebhook -ErrorAction Stop } 'LockboxNotFound'
}
Complete-Tests
