# Notifications: who was told, who would be, and trying again.
. "$PSScriptRoot/Harness.ps1"
$missing = $null
$order = 'NotificationId', 'Event', 'EventDate', 'RequestId', 'Identity', 'Channel', 'Receiver', 'Audience', 'Reasons', 'State', 'Attempts', 'CreatedDate', 'NextAttemptDate', 'DeliveredDate', 'GivenUpDate', 'Result'

function Wait-Told {
    # Until the daemon has delivered what a request caused (it writes mails into a folder here).
    param([string]$Identity)
    $deadline = [datetime]::UtcNow.AddSeconds(20)
    do {
        $found = @((Invoke-Rpc $World.admin 'notification.list' @{ requestId = $Identity; state = 'delivered' }).notifications)
        if ($found.Count -gt 0) { return $found }
        Start-Sleep -Milliseconds 100
    } while ([datetime]::UtcNow -lt $deadline)
    throw 'nobody was told'
}
$made = New-TestRequest
$told = Wait-Told $made.identity

It 'Get- writes who was told, with all properties, plain' {
    Connect-As admin
    $seen = @(Get-CustomerLockboxNotification -RequestId $made.requestId)
    Assert-True ($seen.Count -ge 2)
    foreach ($one in $seen) {
        Assert-Equal @($one.PSObject.Properties.Name) $order
        Assert-Equal @($one.PSObject.Properties.MemberType | Select-Object -Unique | ForEach-Object { "$_" }) @('NoteProperty')
        Assert-Equal $one.PSObject.TypeNames[0] 'CustomerLockbox.Notification'
        Assert-Equal @($one.Identity, $one.Event, $one.Channel) @($made.identity, 'requestArrived', 'mail')
    }
    $one = Get-CustomerLockboxNotification | Where-Object NotificationId -eq $told[0].notificationId
    Assert-Equal $one.State 'delivered'
    Assert-Equal ([string]$one.DeliveredDate.Kind) 'Utc'
    Assert-True ($one.Reasons.Count -ge 1 -and $null -eq $one.NextAttemptDate)
}
It 'Get- takes requests from the pipe, filters, and empty never means all' {
    Connect-As admin
    $piped = @(Get-AccessToCustomerDataRequest -RequestId $made.requestId | Get-CustomerLockboxNotification -State DELIVERED)
    Assert-True ($piped.Count -ge 1)
    Assert-Equal @($piped.State | Select-Object -Unique) @('delivered')
    Assert-Equal @(Get-CustomerLockboxNotification -State undeliverable).Count 0
    $null = Assert-Throws { Get-CustomerLockboxNotification -RequestId $missing } 'LockboxEmptyId'
    $null = Assert-Throws { Get-CustomerLockboxNotification -State gone } 'LockboxUsage.*State'
    $null = Assert-Throws { Get-CustomerLockboxNotification -RequestId EXSR999999 -ErrorAction Stop } 'LockboxNotFound'
}
It 'Get- -Preview says who would be told; an engineer does not see who' {
    Connect-As admin
    $seen = @(Get-CustomerLockboxNotification -Preview -ServiceName Exchange -Resource 'mailbox:x')
    Assert-True ($seen.Receiver -contains "admin@$($World.tenant)")
    Assert-Equal @($seen[0].PSObject.Properties.Name) @('Channel', 'Receiver', 'Audience', 'Reasons')
    Assert-True ($seen[0].Reasons.Count -ge 1)
    Assert-Equal (Get-CustomerLockboxNotification -Preview -Event settingsChanged).Receiver "admin@$($World.tenant)"
    Connect-As engineer
    $masked = @(Get-CustomerLockboxNotification -Preview -Tenant $World.tenant)
    Assert-Equal $masked.Count $seen.Count
    foreach ($one in $masked) { Assert-Equal $one.Receiver "$([char]0x2026)@$($World.tenant)" }
    $null = Assert-Throws { Get-CustomerLockboxNotification } "The term 'Get-CustomerLockboxNotification' is not recognized"
}
It 'Resume- tries again what was not delivered, says what was, and needs a word' {
    Connect-As admin
    $record = Assert-Throws { Resume-CustomerLockboxNotification -NotificationId $told[0].notificationId -ErrorAction Stop } 'LockboxAlreadyDelivered'
    Assert-Equal "$($record.CategoryInfo.Category)" 'InvalidOperation'
    $null = Assert-Throws { Resume-CustomerLockboxNotification -NotificationId $told[0].notificationId -WhatIf -ErrorAction Stop } 'LockboxAlreadyDelivered'
    Get-CustomerLockboxNotification -RequestId $made.requestId -State delivered | Resume-CustomerLockboxNotification -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal $failed.Count @(Get-CustomerLockboxNotification -RequestId $made.requestId -State delivered).Count 'one error each'
    $null = Assert-Throws { Resume-CustomerLockboxNotification } 'LockboxUsage'
    $null = Assert-Throws { Resume-CustomerLockboxNotification -NotificationId '' -ErrorAction Stop } 'LockboxEmptyId'
    Assert-Equal @(Resume-CustomerLockboxNotification -Held).Count 0
    Resume-CustomerLockboxNotification -Held -WhatIf 6>$null
    Get-CustomerLockboxNotification -State undeliverable | Resume-CustomerLockboxNotification
    Connect-As reader
    $null = Assert-Throws { Resume-CustomerLockboxNotification -Held } "The term 'Resume-CustomerLockboxNotification' is not recognized"
}
It 'the table fits 80 columns' {
    Connect-As admin
    $lines = (Get-CustomerLockboxNotification -RequestId $made.requestId | Out-String -Width 80).Split("`n").TrimEnd() | Where-Object { $_ }
    Assert-Match $lines[0] '^Event \(UTC\) +Event +RequestId +State +Receiver'
    foreach ($line in $lines) { Assert-True ($line.Length -le 80) $line }
}
It 'settings of notifications are put and read back' {
    Connect-As admin
    $result = Set-CustomerLockboxPolicy -Notifications @{ language = 'de'; timeZone = 'Europe/Zurich'; extraAddresses = @('Box@contoso.com') }
    Assert-Equal $result.Applied $true
    $seen = (Get-CustomerLockboxPolicy).Notifications
    Assert-Equal @($seen.language, $seen.timeZone, "$($seen.extraAddresses)") @('de', 'Europe/Zurich', 'box@contoso.com')
    $quiet = $seen | ConvertTo-Json -Depth 9 | ConvertFrom-Json
    $quiet.extraAddresses = @()
    Assert-Match "$((Set-CustomerLockboxPolicy -Notifications ($quiet | ConvertTo-Json -Depth 9)).Weakens)" 'extra address'
    $record = Assert-Throws { Set-CustomerLockboxPolicy -Notifications @{ timeZone = 'Europe/Zurch' } -ErrorAction Stop } 'LockboxInvalidParams'
    Assert-Match "$record" 'Europe/Zurich'
}
Deny-TestRequests
Complete-Tests
