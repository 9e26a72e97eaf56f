# Policies: read, tried, put in force, confirmed by a second administrator; and business calendars.
. "$PSScriptRoot/Harness.ps1"
$examples = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../powershell/examples")
$file = "$($World.scratch)/office.policy.json"
$missing = $null
# An answer by people, with a calendar and a line of its own for Exchange.
$office = @{
    format    = 'lockbox-policy/1'
    calendars = @{ office = @{ zone = 'Europe/Zurich'; weekly = [ordered]@{ 'monday-friday' = @('08:00-12:00', '13:00-17:30') }; holidays = @(@{ date = '2027-01-01'; name = 'New Year' }); exceptions = @(@{ date = '2027-01-02'; open = @('10:00-11:00') }) } }
    rules     = @(@{ id = 'exchange'; match = @{ services = @('Exchange') }; ask = @{ answerWithinMinutes = 120; reasonToApprove = $true } })
}
function Get-Draft {
    # The office's policy with more rules.
    param([object[]]$Rules = @(), [hashtable]$More = @{})
    $draft = @{} + $office + $More
    $draft['rules'] = @($office.rules) + $Rules
    $draft
}
$noTicket = @{ id = 'no-ticket'; match = @{ ticketPresent = $false }; deny = @{ reason = 'Name a ticket.' } }
$noTeams = @{ id = 'no-teams'; match = @{ services = @('Teams') }; deny = @{ reason = 'Not Teams.' } }
function Get-Offers {
    param([string]$Line)
    , @((TabExpansion2 -inputScript $Line -cursorColumn $Line.Length).CompletionMatches | Where-Object ResultType -eq 'ParameterValue' | ForEach-Object CompletionText | Sort-Object)
}
function Get-Version { (Invoke-Rpc $World.admin 'policy.get').policy.version }
function Get-LogCount {
    param([string[]]$Operations)
    (Invoke-Rpc $World.admin 'audit.search' @{ operations = $Operations }).total
}
# Who proposes may confirm only after a day, so it takes another administrator.
$code = (Invoke-Rpc $World.admin 'principal.create' @{ kind = 'person'; address = 'second@x.example'; displayName = 'Second'; roles = @(@{ role = 'GlobalAdministrator' }) }).enrolmentCode
$World | Add-Member second (Invoke-Rpc '' 'principal.enroll' @{ code = $code }).token

It 'a tenant without a policy: version 0, the settings, and nothing else' {
    Connect-As reader
    $seen = Get-CustomerLockboxPolicy
    Assert-Equal @($seen.PSObject.Properties.Name) @('Tenant', 'Version', 'Hash', 'PutBy', 'PutDate', 'Reason', 'Difference', 'Document', 'CustomerLockboxEnabled', 'HoursToAnswer', 'AutomaticApproval', 'EmergencyAccess', 'Tags', 'Notifications', 'PendingChangeId')
    Assert-Equal @($seen.Tenant, $seen.Version, $seen.CustomerLockboxEnabled, $seen.HoursToAnswer, $seen.EmergencyAccess) @($World.tenant, 0, $true, 12, 'allowed')
    Assert-True ($null -eq $seen.Document -and $null -eq $seen.PutDate -and $null -eq $seen.PendingChangeId)
    Assert-Equal @(@($seen.Difference).Count, @($seen.Tags).Count, @(Get-CustomerLockboxPolicy -History).Count, @(Get-CustomerLockboxPolicy -Pending).Count, @(Get-CustomerLockboxCalendar).Count) @(0, 0, 0, 0, 0)
    Assert-Equal @((Get-CustomerLockboxPolicy -Effective -ServiceName Exchange).Lines).Count 0
    Assert-Equal (Test-CustomerLockboxPolicy -ServiceName Exchange).Outcome 'Asked'
}
It 'Set- -WhatIf shows the difference, refuses what is wrong, and writes nothing' {
    Connect-As admin
    ConvertTo-Json -InputObject $office -Depth 20 | Set-Content -Path $file
    $said = Set-CustomerLockboxPolicy -Path $file -WhatIf 6>&1
    Assert-True ($null -eq $said -or @($said | Where-Object { $_.PSObject.TypeNames[0] -eq 'CustomerLockbox.PolicyResult' }).Count -eq 0)
    $said = & $World.pwsh -NoProfile -Command "Connect-CustomerLockbox -Url $($World.url) -Token $($World.admin); Set-CustomerLockboxPolicy -Path '$file' -AutomaticApproval `$true -WhatIf" | Out-String
    Assert-Match $said 'What if: Change of your organization: automaticApproval, policy'
    Assert-Match $said '(?m)^    .*exchange'
    Assert-Match $said '(?m)^    Weaker: .*may approve'
    $bad = Get-Draft @{ id = 'x'; match = @{ outside = 'ofice' }; deny = @{ reason = 'No' } }
    $record = Assert-Throws { Set-CustomerLockboxPolicy -Document $bad -WhatIf } 'LockboxInvalidParams'
    Assert-Match "$record" 'ofice'
    Assert-Equal (Invoke-Rpc $World.admin 'policy.get').policy $null
    Assert-Equal (Get-LogCount LockboxPolicyChanged, LockboxSettingsChanged, LockboxRequestRefused) 0
}
It 'Set- puts a file, a hashtable, an object or JSON text in force, and says so' {
    Connect-As admin
    $made = @(Set-CustomerLockboxPolicy -Path $file -Reason 'Office hours' -ExpectedVersion 0)
    Assert-Equal $made.Count 1
    Assert-Equal @($made[0].PSObject.Properties.Name) @('Applied', 'ChangeId', 'PolicyVersion', 'Difference', 'Weakens')
    Assert-Equal @($made[0].Applied, $made[0].ChangeId, $made[0].PolicyVersion) @($true, $null, 1)
    Assert-True ($made[0].Difference.Count -gt 0)
    Assert-Equal (Set-CustomerLockboxPolicy -Document (Get-Draft $noTicket) -Reason 'Tickets').PolicyVersion 2
    Assert-Equal (Set-CustomerLockboxPolicy -Document (ConvertTo-Json -InputObject (Get-Draft $noTeams) -Depth 20)).PolicyVersion 3
    $back = Set-CustomerLockboxPolicy -Document (Get-CustomerLockboxPolicy -Version 1).Document -Reason 'Back'
    Assert-Match "$($back.Weakens)" 'no-teams'
    $history = @(Get-CustomerLockboxPolicy -History)
    Assert-Equal @($history.Version) @(4, 3, 2, 1)
    Assert-Equal @($history.Reason) @('Back', $null, 'Tickets', 'Office hours')
    Assert-Equal $history[0].Hash $history[3].Hash
    Assert-Equal ([string]$history[0].PutDate.Kind) 'Utc'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Path $file -ExpectedVersion 1 -ErrorAction Stop } 'LockboxVersionMismatch'
}
It 'Set- changes settings; nothing named changes nothing; the wrong are refused' {
    Connect-As admin
    $made = Set-CustomerLockboxPolicy -HoursToAnswer 24 -EmergencyAccess REPORTONLY -Tag production, europe
    Assert-Equal $made.Applied $true
    $seen = Get-CustomerLockboxPolicy
    Assert-Equal @($seen.HoursToAnswer, $seen.EmergencyAccess) @(24, 'reportOnly')
    Assert-Equal @($seen.Tags | Sort-Object) @('europe', 'production')
    $null = Set-CustomerLockboxPolicy -Tag @() -EmergencyAccess allowed -HoursToAnswer 12
    Assert-Equal @((Get-CustomerLockboxPolicy).Tags).Count 0
    Set-CustomerLockboxPolicy -Reason 'x' -WarningVariable warned -WarningAction SilentlyContinue
    Assert-Match "$warned" 'nothing changed'
    $before = Get-Version
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Path $file -Document @{} } 'LockboxUsage.*both'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Path "$file.no" } 'LockboxCannotRead'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Path $missing } 'LockboxUsage'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Document '{"format": ' } 'LockboxUsage.*no policy'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Document $missing } 'LockboxUsage.*no policy'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -EmergencyAccess all } 'LockboxUsage'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Notifications 'no json' } 'LockboxUsage.*Notifications'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Notifications $missing } 'LockboxUsage.*Notifications'
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Tag $missing } 'LockboxUsage'
    Assert-Equal (Get-Version) $before
    Connect-As reader
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Path $file -WhatIf } "The term 'Set-CustomerLockboxPolicy' is not recognized"
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Path $file } "The term 'Set-CustomerLockboxPolicy' is not recognized"
}
It 'Get- -Effective shows every line with its origin' {
    Connect-As reader
    $seen = Get-CustomerLockboxPolicy -Effective -ServiceName Exchange -Resource 'rick@contoso.com'
    Assert-Equal @($seen.ServiceName, $seen.PolicyVersion, $seen.Rule) @('Exchange', 4, $null)
    $line = $seen.Lines | Where-Object Line -eq answerSeconds
    Assert-Equal @($line.Value, $line.From, $line.Level) @(7200, 'exchange', 'service')
    Assert-Equal @($seen.Applied.Rule) @('exchange')
    $other = (Get-CustomerLockboxPolicy -Effective -ServiceName Teams).Lines | Where-Object Line -eq answerSeconds
    Assert-Equal @($other.From, $other.Level) @('settings', $null)
    Assert-Equal ($other.Value / 3600) 12
}
It 'the table of versions fits 80 columns, and a version keeps its document through XML' {
    Connect-As reader
    $lines = (Get-CustomerLockboxPolicy -History | Out-String -Width 80).Split("`n").TrimEnd() | Where-Object { $_ }
    Assert-Match $lines[0] '^Version Put \(UTC\) +PutBy +Reason'
    foreach ($line in $lines) { Assert-True ($line.Length -le 80) $line }
    Get-CustomerLockboxPolicy | Export-Clixml -Path "$($World.scratch)/policy.xml"
    Assert-Equal (Import-Clixml -Path "$($World.scratch)/policy.xml").Document.rules[0].ask.answerWithinMinutes 120
}
It 'Test- tries a made-up request, at an instant, under a draft or what is in force' {
    Connect-As reader
    $outside = Get-Draft @{ id = 'outside'; match = @{ outside = 'office' }; deny = @{ reason = 'Closed.' } }
    # Zurich closes at 17:30, which is 16:30 UTC in winter.
    foreach ($case in @('2027-01-04T16:29:59Z', 'Asked', $null), @('2027-01-04T16:30:00Z', 'Denied', 'outside'), @('2027-01-01T10:00:00Z', 'Denied', 'outside'), @('2027-01-02T09:30:00Z', 'Asked', $null)) {
        $trial = Test-CustomerLockboxPolicy -Document $outside -ServiceName Exchange -At $case[0] -Duration 01:00 -Reason 'x' -Resource a, b -AccessLevel WRITE -ServiceRequestNumber T-1
        Assert-Equal @($trial.Outcome, $trial.Rule) @($case[1], $case[2]) $case[0]
        Assert-Equal $trial.At.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'") $case[0]
    }
    Assert-Equal @($trial.PSObject.Properties.Name) @('RequestId', 'ServiceName', 'At', 'Outcome', 'Rule', 'Sentence', 'Applied', 'Stages', 'Lines', 'PolicyHash')
    Assert-Equal ($trial.Lines | Where-Object Line -eq answerSeconds).From 'exchange'
    Assert-Equal (Test-CustomerLockboxPolicy -ServiceName Exchange -At '2027-01-01').Outcome 'Asked' 'what is in force'
    Assert-Equal (Test-CustomerLockboxPolicy -Version 3 -ServiceName Teams).Rule 'no-teams'
    Assert-Equal (Test-CustomerLockboxPolicy -Document (Get-Draft $noTicket) -ServiceName Exchange).Outcome 'Denied'
    Assert-Equal (Test-CustomerLockboxPolicy -Document (Get-Draft $noTicket) -ServiceName Exchange -ServiceRequestNumber T-1).Outcome 'Asked'
    $null = Assert-Throws { Test-CustomerLockboxPolicy -ServiceName Exchange -Duration 2 } 'LockboxUsage'
    $null = Assert-Throws { Test-CustomerLockboxPolicy -ServiceName Exchange -At soon } 'LockboxUsage'
    $null = Assert-Throws { Test-CustomerLockboxPolicy -Path $file -Version 1 } 'LockboxUsage'
    $null = Assert-Throws { Test-CustomerLockboxPolicy -Document @{ format = 'other' } } 'LockboxInvalidParams'
    Assert-Equal (Get-Version) 4
}
It 'Test- tries an existing request as of its arrival, by name or by pipe, and past ones' {
    $one = New-TestRequest
    $two = New-TestRequest @{ serviceName = 'Teams' }
    Connect-As admin
    $trial = Test-CustomerLockboxPolicy -Document (Get-Draft $noTeams) -RequestId $two.requestId
    Assert-Equal @($trial.RequestId, $trial.ServiceName, $trial.Outcome, $trial.Rule) @($two.requestId, 'Teams', 'Denied', 'no-teams')
    Assert-Equal $trial.At ([datetime]$two.sentToCustomerDate).ToUniversalTime()
    $piped = @(Get-AccessToCustomerDataRequest -ApprovalStatus Pending | Test-CustomerLockboxPolicy -Document (Get-Draft $noTeams))
    Assert-Equal @($piped.RequestId) @($two.requestId, $one.requestId)
    Assert-Equal @($piped.Outcome) @('Denied', 'Asked')
    Assert-Equal (Test-CustomerLockboxPolicy -RequestId $one.identity -At '2027-01-04T10:00:00Z').At.ToString('yyyy-MM-dd') '2027-01-04'
    $past = @(Test-CustomerLockboxPolicy -Document (Get-Draft $noTeams) -Since ([datetime]::UtcNow.AddDays(-1)))
    Assert-Equal $past.Count 1
    Assert-Equal @($past[0].Tried, $past[0].Denied, $past[0].Asked, $past[0].Different, $past[0].More) @(2, 1, 1, 1, $false)
    Assert-Equal @($past[0].Differences[0].RequestId, $past[0].Differences[0].Happened, $past[0].Differences[0].Would, $past[0].Differences[0].Rule) @($two.requestId, 'Asked', 'Denied', 'no-teams')
    Assert-Equal (Test-CustomerLockboxPolicy -Until '2020-01-01').Tried 0
    foreach ($way in { Test-CustomerLockboxPolicy -RequestId $missing }, { [pscustomobject]@{ RequestId = '' } | Test-CustomerLockboxPolicy }) {
        $written = @()
        $null = Assert-Throws { & $way | ForEach-Object { $written += $_ } } 'LockboxEmptyId'
        Assert-Equal $written.Count 0 'empty never means all'
    }
    $null = Assert-Throws { Test-CustomerLockboxPolicy -RequestId EXSR999999 -ErrorAction Stop } 'LockboxNotFound'
    $emergency = New-TestEmergency
    $record = Assert-Throws { Test-CustomerLockboxPolicy -RequestId $emergency.requestId -ErrorAction Stop } 'LockboxEmergencyAccess'
    Assert-Equal "$($record.CategoryInfo.Category)" 'InvalidOperation'
    Assert-Equal @((Get-TestState $one.identity), (Get-TestState $two.identity)) @('Pending', 'Pending')
    Deny-TestRequests
}
It 'Get-CustomerLockboxCalendar reads what is in force, a version, or a file without a daemon' {
    Connect-As reader
    $one = @(Get-CustomerLockboxCalendar)
    Assert-Equal $one.Count 1
    Assert-Equal @($one[0].PSObject.Properties.Name) @('Name', 'TimeZone', 'Weekly', 'Holidays', 'Exceptions')
    Assert-Equal @($one[0].Name, $one[0].TimeZone, $one[0].Weekly[0].Days, $one[0].Weekly[0].Open.Count) @('office', 'Europe/Zurich', 'monday-friday', 2)
    Assert-Equal @($one[0].Holidays[0].Date, $one[0].Holidays[0].Name) @('2027-01-01', 'New Year')
    Assert-Equal @($one[0].Exceptions[0].Date, $one[0].Exceptions[0].Open[0]) @('2027-01-02', '10:00-11:00')
    Assert-Equal @(Get-CustomerLockboxCalendar -Version 2 -Name off*).Count 1
    Assert-Equal @(Get-CustomerLockboxCalendar -Name other).Count 0
    Assert-Equal (Get-Offers 'Get-CustomerLockboxCalendar -Name ') @('office')
    Disconnect-CustomerLockbox
    foreach ($seen in (Get-CustomerLockboxCalendar -Path "$examples/business-hours.policy.json"), (Get-CustomerLockboxCalendar -Document @{ calendars = @{ office = @{ zone = 'Europe/Berlin' } } })) {
        Assert-Equal @($seen.Name, $seen.TimeZone, @($seen.Holidays).Count) @('office', 'Europe/Berlin', 0)
    }
    Assert-Equal (Get-Offers 'Get-CustomerLockboxCalendar -Name ').Count 0
}
function New-Ics {
    param([string[]]$Lines)
    $path = "$($World.scratch)/$([guid]::NewGuid().ToString('N')).ics"
    [System.IO.File]::WriteAllText($path, (@('BEGIN:VCALENDAR', 'VERSION:2.0') + $Lines + 'END:VCALENDAR' -join "`r`n") + "`r`n")
    $path
}
function New-Event { param([string[]]$Lines) @('BEGIN:VEVENT') + $Lines + 'END:VEVENT' }
It 'Import-CustomerLockboxCalendar adds the same holidays as lockboxd calendar import' {
    Connect-As admin
    $ics = New-Ics (@(New-Event 'DTSTART;VALUE=DATE:20200801', 'RRULE:FREQ=YEARLY;BYMONTH=8;BYMONTHDAY=1', 'SUMMARY:National day\, a lo', ' ng name', 'BEGIN:VALARM', 'SUMMARY:Not this', 'END:VALARM') +
        @(New-Event 'DTSTART;VALUE=DATE:20271224', 'DTEND;VALUE=DATE:20271227', 'SUMMARY;LANGUAGE="a:b":Christmas') +
        @(New-Event 'DTSTART;VALUE=DATE:20200229', 'RRULE:FREQ=YEARLY;COUNT=3', 'SUMMARY:Leap day') +
        @(New-Event 'DTSTART;VALUE=DATE:20270101', 'SUMMARY:There already') +
        @(New-Event 'DTSTART;TZID=Europe/Zurich:20270301T100000', 'SUMMARY:Meeting'))
    $whatIf = Import-CustomerLockboxCalendar -Path $ics -Name office -Year 2027, 2028 -WhatIf -WarningVariable warned -WarningAction SilentlyContinue 6>$null
    Assert-True ($null -eq $whatIf)
    Assert-Match "$warned" "Meeting.*has a time of day"
    Assert-Equal (Get-Version) 4
    Copy-Item -Path $file -Destination "$file.imported"
    $null = & $World.lockboxd calendar import $ics --policy "$file.imported" --name office --years 2027-2028 --write
    Assert-Equal $LASTEXITCODE 0
    $made = Import-CustomerLockboxCalendar -Path $ics -Name office -Year 2027, 2028 -Reason 'Holidays' -WarningAction SilentlyContinue
    Assert-Equal @($made.Applied, $made.PolicyVersion) @($true, 5)
    $ours = (Get-CustomerLockboxCalendar).Holidays
    Assert-Equal @($ours.Date) @('2027-01-01', '2027-08-01', '2027-12-24', '2027-12-25', '2027-12-26', '2028-02-29', '2028-08-01')
    Assert-Equal $ours[1].Name 'National day, a long name'
    $theirs = (Get-CustomerLockboxCalendar -Path "$file.imported").Holidays
    Assert-Equal @($ours.Date) @($theirs.Date)
    Assert-Equal @($ours.Name) @($theirs.Name)
    $none = Import-CustomerLockboxCalendar -Path $ics -Name office -Year 2027 -WarningVariable warned -WarningAction SilentlyContinue
    Assert-True ($null -eq $none -and "$warned" -match 'nothing changed')
    Assert-Equal (Get-Version) 5
}
# This loop adds 13 tests.
foreach ($case in @(
        @('a weekly repetition', @('DTSTART;VALUE=DATE:20270301', 'RRULE:FREQ=WEEKLY')), @('a day of the week of a month', @('DTSTART;VALUE=DATE:20270301', 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=1MO')),
        @('a day of every month', @('DTSTART;VALUE=DATE:20270301', 'RRULE:FREQ=YEARLY;BYMONTHDAY=1')),
        @('another month than its own', @('DTSTART;VALUE=DATE:20270301', 'RRULE:FREQ=YEARLY;BYMONTH=4')), @('an exception to a series', @('DTSTART;VALUE=DATE:20270301', 'RRULE:FREQ=YEARLY', 'EXDATE;VALUE=DATE:20280301')),
        @('further dates', @('DTSTART;VALUE=DATE:20270301', 'RDATE;VALUE=DATE:20270401')), @('a moved day', @('DTSTART;VALUE=DATE:20270302', 'RECURRENCE-ID;VALUE=DATE:20270301')),
        @('a second start', @('DTSTART;VALUE=DATE:20270301', 'DTSTART;VALUE=DATE:20270302')), @('a second end', @('DTSTART;VALUE=DATE:20270301', 'DTEND;VALUE=DATE:20270303', 'DTEND;VALUE=DATE:20270302')),
        @('a second duration', @('DTSTART;VALUE=DATE:20270301', 'DURATION:P2D', 'DURATION:P1D')), @('a second repetition', @('DTSTART;VALUE=DATE:20270301', 'RRULE:FREQ=YEARLY', 'RRULE:FREQ=YEARLY;COUNT=1')),
        @('no date', @('SUMMARY:x')), @('an end before its start', @('DTSTART;VALUE=DATE:20270301', 'DTEND;VALUE=DATE:20270301')), @('no end of the event', @('DTSTART;VALUE=DATE:20270301', 'BEGIN:VALARM')))) {
    It "Import- refuses the whole file for $($case[0])" {
        Connect-As admin
        $ics = New-Ics (@(New-Event 'DTSTART;VALUE=DATE:20271101', 'SUMMARY:Good') + @(New-Event $case[1]))
        $null = Assert-Throws { Import-CustomerLockboxCalendar -Path $ics -Name office -Year 2027 } 'LockboxHolidayFile'
        Assert-Equal (Get-Version) 5
    }
}
It 'Import- refuses what is no calendar, and a calendar that is not there' {
    Connect-As admin
    Set-Content -Path "$($World.scratch)/no.ics" -Value '{"a": 1}'
    $null = Assert-Throws { Import-CustomerLockboxCalendar -Path "$($World.scratch)/no.ics" -Name office } 'LockboxHolidayFile'
    $record = Assert-Throws { Import-CustomerLockboxCalendar -Path (New-Ics @()) -Name ofice -ErrorAction Stop } 'LockboxNotFound'
    Assert-Match "$record" 'it has: office'
}
It 'four eyes: a change waits, and only another administrator puts it in force' {
    Connect-As admin
    Assert-Equal (Set-CustomerLockboxPolicy -Document (Get-Draft -More @{ fourEyes = @{ recoveryHours = 24 } })).Applied $true
    $version = Get-Version
    $waits = Set-CustomerLockboxPolicy -Document (Get-Draft $noTeams) -Reason 'No Teams'
    Assert-Equal @($waits.Applied, $waits.PolicyVersion) @($false, $version)
    Assert-Match $waits.ChangeId '^[0-9a-f-]{36}$'
    Assert-Equal (Get-CustomerLockboxPolicy).PendingChangeId $waits.ChangeId
    $pending = Get-CustomerLockboxPolicy -Pending
    Assert-Equal @($pending.ChangeId, $pending.Reason, $pending.Document.rules.Count, [string]$pending.AloneAfter.Kind) @($waits.ChangeId, 'No Teams', 2, 'Utc')
    Assert-Equal (Get-Offers 'Confirm-CustomerLockboxPolicy -ChangeId ') @($waits.ChangeId)
    $null = Assert-Throws { Set-CustomerLockboxPolicy -Path $file -ErrorAction Stop } 'LockboxChangeWaiting'
    $record = Assert-Throws { $pending | Confirm-CustomerLockboxPolicy -ErrorAction Stop } 'LockboxSeparationOfDuties'
    Assert-Equal "$($record.CategoryInfo.Category)" 'PermissionDenied'
    $null = Assert-Throws { $pending | Confirm-CustomerLockboxPolicy -WhatIf -ErrorAction Stop } 'LockboxSeparationOfDuties'
    Connect-As second
    $said = & $World.pwsh -NoProfile -Command "Connect-CustomerLockbox -Url $($World.url) -Token $($World.second); Get-CustomerLockboxPolicy -Pending | Confirm-CustomerLockboxPolicy -WhatIf" | Out-String
    Assert-Match $said "What if: Confirm the change $($waits.ChangeId)"
    Assert-Match $said '(?m)^    Proposed by .*: No Teams'
    Assert-Match $said '(?m)^    .*no-teams'
    Assert-Equal (Get-Version) $version
    foreach ($id in [guid]::NewGuid().ToString(), 'no') {
        $null = Assert-Throws { Confirm-CustomerLockboxPolicy -ChangeId ([guid]::NewGuid()) -WhatIf -ErrorAction Stop } 'LockboxNotFound'
        $null = Assert-Throws { Confirm-CustomerLockboxPolicy -ChangeId ([guid]::NewGuid()) -ErrorAction Stop } 'LockboxNotFound'
    }
    $null = Assert-Throws { Confirm-CustomerLockboxPolicy -ChangeId $missing -ErrorAction Stop } 'LockboxUsage'
    $done = Get-CustomerLockboxPolicy -Pending | Confirm-CustomerLockboxPolicy -Comment 'Agreed'
    Assert-Equal @($done.Applied, $done.ChangeId, $done.PolicyVersion) @($true, $null, ($version + 1))
    Assert-Equal @(Get-CustomerLockboxPolicy -Pending).Count 0
}
It 'four eyes: -Reject takes a change back' {
    Connect-As admin
    $null = Set-CustomerLockboxPolicy -Document (Get-Draft -More @{ fourEyes = @{ recoveryHours = 24 } })
    if ((Get-CustomerLockboxPolicy).PendingChangeId) { Connect-As second; $null = Get-CustomerLockboxPolicy -Pending | Confirm-CustomerLockboxPolicy; Connect-As admin }
    $version = Get-Version
    $waits = Set-CustomerLockboxPolicy -AutomaticApproval $true
    Assert-Equal $waits.Applied $false
    Assert-Match "$($waits.Weakens)" 'may approve'
    $back = Confirm-CustomerLockboxPolicy -ChangeId $waits.ChangeId -Reject -Comment 'Not now'
    Assert-Equal $back.Applied $false
    Assert-Equal @((Get-Version), (Get-CustomerLockboxPolicy).AutomaticApproval, (Get-CustomerLockboxPolicy).PendingChangeId) @($version, $false, $null)
    Connect-As reader
    $null = Assert-Throws { Confirm-CustomerLockboxPolicy -ChangeId $waits.ChangeId } "The term 'Confirm-CustomerLockboxPolicy' is not recognized"
}

function Start-TestDaemon {
    # A daemon of its own whose clock can be moved, with a customer: what $World has of them.
    $data = "$($World.scratch)/clock"
    $made = & $World.lockboxd init --data-dir $data --admin admin@provider.example --clock-control | Out-String
    $start = [System.Diagnostics.ProcessStartInfo]::new($World.lockboxd)
    foreach ($argument in 'serve', '--data-dir', $data, '--listen', '127.0.0.1:0', '--clock-control') { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardOutput = $true
    $own = @{ process = [System.Diagnostics.Process]::Start($start); admin = [regex]::Match($made, 'lbt_[A-Za-z0-9_-]{43,}').Value }
    $own.url = [regex]::Match($own.process.StandardOutput.ReadLine(), 'http://[\d.]+:\d+').Value
    [pscustomobject]$own
}
It 'the example of eight lines denies outside business hours, at once and to the second' {
    $path = "$examples/business-hours.policy.json"
    Assert-Equal ([System.IO.File]::ReadAllLines($path).Count) 8
    $null = & $World.lockboxd policy check $path
    Assert-Equal $LASTEXITCODE 0
    $own = Start-TestDaemon
    try {
        # For the functions that are called from here.
        $World = $own
        $provider = $own.admin
        $tenant = Invoke-Rpc $provider 'tenant.create' @{ name = 'clock.example'; adminAddress = 'admin@clock.example'; adminDisplayName = 'Admin' }
        $admin = (Invoke-Rpc '' 'tenant.claim' @{ code = $tenant.claimCode }).token
        $World | Add-Member tenant 'clock.example'
        foreach ($role in @('engineer', 'SupportEngineer'), @('manager', 'SupportManager')) {
            $person = Invoke-Rpc $provider 'principal.create' @{ kind = 'person'; address = "$($role[0])@provider.example"; displayName = $role[0]; roles = @(@{ role = $role[1]; scope = '/tenants/clock.example' }) }
            $World | Add-Member $role[0] (Invoke-Rpc '' 'principal.enroll' @{ code = $person.enrolmentCode }).token
        }
        Connect-CustomerLockbox -Url $own.url -Token $admin
        Assert-Equal (Set-CustomerLockboxPolicy -Path $path -Reason 'Business hours').Applied $true
        # The next Monday; Berlin opens at 08:00 on the clock there, whatever the season.
        $berlin = [System.TimeZoneInfo]::FindSystemTimeZoneById('Europe/Berlin')
        $now = [datetime]::UtcNow
        $monday = [System.TimeZoneInfo]::ConvertTimeFromUtc($now, $berlin).Date
        do { $monday = $monday.AddDays(1) } while ($monday.DayOfWeek -ne 'Monday')
        foreach ($case in @('07:00:00', 'Denied'), @('08:00:00', 'Pending'), @('17:59:00', 'Pending'), @('18:00:00', 'Denied')) {
            $instant = [System.TimeZoneInfo]::ConvertTimeToUtc($monday.Add([timespan]$case[0]), $berlin)
            $null = Invoke-Rpc $provider 'clock.advance' @{ to = $instant.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'") }
            $request = New-TestRequest
            $seen = Get-AccessToCustomerDataRequest -RequestId $request.identity
            Assert-Equal $seen.ApprovalStatus $case[1] $case[0]
            Assert-Equal (Test-CustomerLockboxPolicy -RequestId $request.identity).Outcome $(if ($case[1] -eq 'Denied') { 'Denied' } else { 'Asked' })
        }
        Assert-Equal $seen.DecidedBy 'policy'
        $record = (Invoke-Rpc $admin 'audit.search' @{ objectIds = @($request.identity); operations = @('Set-AccessToCustomerDataRequest') }).records[0].auditData | ConvertFrom-Json
        Assert-Equal ($record.Parameters | Where-Object Name -eq PolicyRule).Value 'outside-hours'
        Assert-Equal (Test-CustomerLockboxPolicy).Different 0 'what would have been is what was'
    }
    finally {
        $own.process.Kill()
        $own.process.WaitForExit()
    }
}
Complete-Tests
