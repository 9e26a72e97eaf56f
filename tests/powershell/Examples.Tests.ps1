# The scripts under powershell/examples, against a real daemon.
. "$PSScriptRoot/Harness.ps1"
$examples = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../powershell/examples")
$everyDay = 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'
# A calendar that is closed now, whenever now is, and one that never closes.
$closed = @{ Days = [string][datetime]::UtcNow.AddDays(3).DayOfWeek }
$open = @{ Days = $everyDay; Start = '00:00'; End = '24:00' }

function New-Robot {
    param([string[]]$Decisions)
    $params = @{ kind = 'robot'; displayName = "robot $(Get-Random)"; roles = @(@{ role = 'CustomerLockboxAccessApprover' }) }
    if ($Decisions) { $params['decisions'] = @($Decisions) }
    (Invoke-Rpc $World.admin 'principal.create' $params).token
}
function Connect-With {
    param([string]$Token)
    Connect-CustomerLockbox -Url $World.url -Token $Token
}
function Set-Hook {
    # Runs a block behind the script's reads, as somebody else would act meanwhile; or in their place.
    param([scriptblock]$After, [scriptblock]$Before = { })
    $global:Hook = @{ After = $After; Before = $Before; Calls = 0 }
    function global:Read-Hooked {
        [CmdletBinding()]
        param($ApprovalStatus, $RequestId)
        $global:Hook.Calls++
        & $global:Hook.Before $global:Hook.Calls
        CustomerLockbox\Get-AccessToCustomerDataRequest @PSBoundParameters
        & $global:Hook.After $global:Hook.Calls
    }
    # An alias comes before a function.
    Set-Alias -Name Get-AccessToCustomerDataRequest -Value Read-Hooked -Scope Global
}
function Remove-Hook { Remove-Item Alias:Get-AccessToCustomerDataRequest }
function Get-Comment {
    # What the audit log says about a request's decision.
    param([string]$Identity)
    $found = (Invoke-Rpc $World.admin 'audit.search' @{ objectIds = @($Identity); operations = @('Set-AccessToCustomerDataRequest') }).records
    (($found[0].auditData | ConvertFrom-Json).Parameters | Where-Object Name -eq Comment).Value
}
$denier = New-Robot Deny

It 'deny: outside business hours everything that waits is denied, once' {
    $made = 1..3 | ForEach-Object { New-TestRequest }
    Connect-With $denier
    $round = & "$examples/Deny-OutsideBusinessHours.ps1" @closed -Comment 'Nobody is there'
    Assert-Equal $round.BusinessHours $false
    Assert-Equal @($round.Denied | Sort-Object) @($made.requestId | Sort-Object)
    Assert-Equal $round.Time.Kind.ToString() 'Utc'
    foreach ($request in $made) { Assert-Equal (Get-TestState $request.identity) 'Denied' }
    Assert-Equal (Get-Comment $made[0].identity) 'Nobody is there'
    Assert-Equal @((& "$examples/Deny-OutsideBusinessHours.ps1" @closed).Pending).Count 0
}
It 'deny: in business hours nothing is touched' {
    $made = New-TestRequest
    Connect-With $denier
    $round = & "$examples/Deny-OutsideBusinessHours.ps1" @open
    Assert-Equal @($round.BusinessHours, $round.Pending[0], @($round.Denied).Count) @($true, $made.requestId, 0)
    Assert-Equal (Get-TestState $made.identity) 'Pending'
    Deny-TestRequests
}
It 'deny: -WhatIf says what it would do, and does nothing' {
    $made = New-TestRequest
    Connect-With $denier
    $said = & "$examples/Deny-OutsideBusinessHours.ps1" @closed -WhatIf 6>&1
    Assert-Equal (Get-TestState $made.identity) 'Pending'
    Assert-Equal @(@($said)[-1].Denied).Count 0
    Deny-TestRequests
}
It 'deny: a race lost on the first of three is no failure, and the others are denied' {
    $made = 1..3 | ForEach-Object { New-TestRequest }
    Connect-With $denier
    # Lists are newest first, so the newest is the first that the script decides.
    Set-Hook { param($call) if ($call -eq 1) { $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made[2].identity; decision = 'Cancel' } } }
    try {
        $round = & "$examples/Deny-OutsideBusinessHours.ps1" @closed 2>$null
        Assert-Equal $global:Hook.Calls 2 'what failed was read again'
    }
    finally { Remove-Hook }
    Assert-Equal @($round.Denied | Sort-Object) @($made[0, 1].requestId | Sort-Object)
    Assert-Equal @($made | ForEach-Object { Get-TestState $_.identity }) @('Denied', 'Denied', 'Canceled')
}
It 'deny: what could not be denied and still waits is an error that names it' {
    $made = New-TestRequest
    Connect-With (New-Robot Cancel)
    $record = Assert-Throws { & "$examples/Deny-OutsideBusinessHours.ps1" @closed 2>$null } "Still pending, and not denied: $($made.requestId)\."
    Assert-Equal (Get-TestState $made.identity) 'Pending'
    Deny-TestRequests
}
It 'deny: the loop looks again, and denies what has come meanwhile' {
    $null = New-TestRequest
    Connect-With $denier
    Set-Hook { param($call) if ($call -eq 1) { $global:Late = New-TestRequest } }
    try {
        $rounds = @(& "$examples/Deny-OutsideBusinessHours.ps1" @closed -Loop -MaxRounds 2 -IntervalSeconds 1)
    }
    finally { Remove-Hook }
    Assert-Equal $rounds.Count 2
    Assert-Equal @($rounds[1].Denied) @($global:Late.requestId)
}
It 'deny: in a loop a failed round is a warning, and an error only as the last' {
    Connect-With $denier
    Set-Hook -After { } -Before { param($call) if ($call -ne 2) { throw 'the daemon is away' } }
    try {
        $null = & "$examples/Deny-OutsideBusinessHours.ps1" @closed -Loop -MaxRounds 2 -IntervalSeconds 1 -WarningVariable warned -WarningAction SilentlyContinue
        Assert-Match "$warned" 'This round failed.*the daemon is away'
        $null = Assert-Throws { & "$examples/Deny-OutsideBusinessHours.ps1" @closed -Loop -MaxRounds 1 } 'the daemon is away'
    }
    finally { Remove-Hook }
}
[System.IO.File]::WriteAllText("$($World.scratch)/holidays.txt", "# company`n2026-12-24 # half a day`n`n2026-12-25`n")
$berlin = @{ TimeZone = 'Europe/Berlin' }
# This loop adds 19 tests.
foreach ($case in @(
        @('2026-01-05T06:59:59Z', $false, @{}, 'a second too early, in winter'), @('2026-01-05T07:00:00Z', $true, @{}, 'the first moment, in winter'),
        @('2026-07-01T06:00:00Z', $true, @{}, 'the first moment, in summer'), @('2026-07-01T15:59:59Z', $true, @{}, 'the last second, in summer'),
        @('2026-07-01T16:00:00Z', $false, @{}, 'the end itself'), @('2026-07-01 10:00', $true, @{}, 'text without a zone is UTC'),
        @('2026-10-25T01:30:00Z', $true, @{ Days = 'Sunday'; Start = '02:00'; End = '03:00' }, 'the hour that comes twice'),
        @('2026-03-29T01:00:00Z', $false, @{ Days = 'Sunday'; Start = '02:00'; End = '03:00' }, 'the hour that is left out'),
        @('2026-07-04T10:00:00Z', $false, @{}, 'a Saturday'), @('2026-07-04T10:00:00Z', $true, @{ Days = $everyDay }, 'a Saturday that counts'),
        @('2026-07-04T10:00:00Z', $true, @{ Days = 'friday, saturday' }, 'days in one text, as -File passes them'),
        @('2026-07-03T22:30:00Z', $false, @{ Days = 'Friday'; Start = '00:00'; End = '24:00' }, 'behind midnight'),
        @('2026-07-03T21:30:00Z', $true, @{ Days = 'Friday'; Start = '00:00'; End = '24:00' }, 'before midnight'),
        @('2026-07-04T03:00:00Z', $true, @{ Days = 'Friday'; Start = '22:00'; End = '06:00' }, 'a night shift that began the day before'),
        @('2026-07-03T03:00:00Z', $false, @{ Days = 'Friday'; Start = '22:00'; End = '06:00' }, 'the night before it'),
        @('2026-12-24T10:00:00Z', $false, @{ HolidayFile = "$($World.scratch)/holidays.txt" }, 'a holiday of the file'),
        @('2026-12-23T10:00:00Z', $true, @{ HolidayFile = "$($World.scratch)/holidays.txt" }, 'the day before it'),
        @('2026-12-31T10:00:00Z', $false, @{ Holidays = '2026-12-30', '2026-12-31' }, 'a holiday of the list'),
        @('2026-12-31T10:00:00Z', $false, @{ Holidays = '2026-12-30,2026-12-31' }, 'a list in one text, as -File passes it'),
        @('2026-12-31T10:00:00Z', $true, @{ Holidays = @() }, 'no holiday'))) {
    It "deny: $($case[3]) ($($case[0]))" {
        Connect-With $denier
        $more = $case[2]
        Assert-Equal (& "$examples/Deny-OutsideBusinessHours.ps1" @berlin @more -At $case[0] -WhatIf).BusinessHours $case[1]
    }
}
It 'deny: usage errors say what to write, before anything is read' {
    Disconnect-CustomerLockbox
    foreach ($case in @(@{ TimeZone = 'Middle/Earth' }, 'time zone .* not known'), @(@{ Start = '8' }, 'no time of day'), @(@{ End = '24:01' }, 'no time of day'), @(@{ Days = 'Friday,Funday' }, "'Funday' is no day"),
        @(@{ Holidays = '25.12.2026' }, 'yyyy-MM-dd'), @(@{ At = '2026-01-01' }, '-WhatIf'), @(@{ At = 'soon'; WhatIf = $true }, 'ISO 8601')) {
        $given = $case[0]
        $null = Assert-Throws { & "$examples/Deny-OutsideBusinessHours.ps1" @given } $case[1]
    }
}
It 'approve: only what has an allowed ticket, with the ticket in the log' {
    $made = 'CLB-1042', 'CLB-2001', 'CLB-3001', 'clb#[7]' | ForEach-Object { New-TestRequest @{ serviceRequestNumber = $_ } }
    $robot = New-Robot Approve
    $null = Invoke-Rpc $World.admin 'policy.put' @{ automaticApproval = $true }
    [System.IO.File]::WriteAllText("$($World.scratch)/tickets.csv", "Ticket,Note`nCLB-20*,all of them`nCLB#[7],brackets are no pattern`n")
    Connect-With $robot
    $approved = @(& "$examples/Approve-RequestByTicket.ps1" -Ticket ' clb-1042 ' -Path "$($World.scratch)/tickets.csv" -Duration 01:00)
    Assert-Equal @($approved.RequestId | Sort-Object) @($made[0, 1, 3].requestId | Sort-Object)
    Assert-Equal ($approved[0].AccessEnd - $approved[0].AccessStart).TotalHours 1.0
    Assert-Equal (Get-TestState $made[2].identity) 'Pending'
    Assert-Equal (Get-Comment $made[0].identity) 'Ticket CLB-1042 is on the list'
    foreach ($request in $made[0, 1, 3]) { $null = Invoke-Rpc $World.engineer 'request.complete' @{ requestId = $request.identity } }
    Deny-TestRequests
}
It 'approve: a duration never makes the access longer' {
    $null = New-TestRequest @{ serviceRequestNumber = 'CLB-1'; durationSeconds = 1800 }
    $approved = @(& "$examples/Approve-RequestByTicket.ps1" -Ticket CLB-1 -Duration 02:00)
    Assert-Equal ($approved[0].AccessEnd - $approved[0].AccessStart).TotalMinutes 30.0
    $null = Invoke-Rpc $World.engineer 'request.complete' @{ requestId = $approved[0].Identity }
}
It 'approve: a list in one text, as -File passes it' {
    $made = 'CLB-1', 'CLB-2', 'CLB-3' | ForEach-Object { New-TestRequest @{ serviceRequestNumber = $_ } }
    $approved = @(& "$examples/Approve-RequestByTicket.ps1" -Ticket 'CLB-1, CLB-2')
    Assert-Equal @($approved.RequestId | Sort-Object) @($made[0, 1].requestId | Sort-Object)
    foreach ($request in $approved) { $null = Invoke-Rpc $World.engineer 'request.complete' @{ requestId = $request.Identity } }
    Deny-TestRequests
}
It 'approve: -WhatIf approves nothing' {
    $made = New-TestRequest @{ serviceRequestNumber = 'CLB-1' }
    Assert-Equal @(& "$examples/Approve-RequestByTicket.ps1" -Ticket CLB-1 -WhatIf 6>$null).Count 0
    Assert-Equal (Get-TestState $made.identity) 'Pending'
    Deny-TestRequests
}
It 'approve: without a ticket it refuses, and nothing that means all is one' {
    $made = New-TestRequest
    [System.IO.File]::WriteAllText("$($World.scratch)/empty.csv", "Ticket,Note`nCLB-1042,one`n,empty cell`n")
    [System.IO.File]::WriteAllText("$($World.scratch)/other.csv", "Number`nCLB-1042`n")
    [System.IO.File]::WriteAllText("$($World.scratch)/none.csv", "Ticket`n")
    foreach ($way in { & "$examples/Approve-RequestByTicket.ps1" }, { & "$examples/Approve-RequestByTicket.ps1" -Ticket $missing }, { & "$examples/Approve-RequestByTicket.ps1" -Ticket @() },
        { & "$examples/Approve-RequestByTicket.ps1" -Ticket '' }, { & "$examples/Approve-RequestByTicket.ps1" -Ticket '*' }, { & "$examples/Approve-RequestByTicket.ps1" -Ticket 'CLB-1', ' ?* ' },
        { & "$examples/Approve-RequestByTicket.ps1" -Path "$($World.scratch)/empty.csv" }, { & "$examples/Approve-RequestByTicket.ps1" -Path "$($World.scratch)/none.csv" }) {
        $null = Assert-Throws $way 'ticket'
    }
    $null = Assert-Throws { & "$examples/Approve-RequestByTicket.ps1" -Path "$($World.scratch)/other.csv" } 'no column Ticket'
    $null = Assert-Throws { & "$examples/Approve-RequestByTicket.ps1" -Ticket CLB-1042 -Duration 2 } 'hh:mm'
    Assert-Equal (Get-TestState $made.identity) 'Pending'
    Deny-TestRequests
}
It 'approve: a race lost on the first of three is no failure, and the others are approved' {
    $made = 1..3 | ForEach-Object { New-TestRequest }
    Set-Hook { param($call) if ($call -eq 1) { $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made[2].identity; decision = 'Deny' } } }
    try { $approved = @(& "$examples/Approve-RequestByTicket.ps1" -Ticket CLB-1042 2>$null) } finally { Remove-Hook }
    Assert-Equal @($approved.RequestId | Sort-Object) @($made[0, 1].requestId | Sort-Object)
    foreach ($request in $approved) { $null = Invoke-Rpc $World.engineer 'request.complete' @{ requestId = $request.Identity } }
}
It 'approve: where robots may not approve, it fails and says so' {
    $null = Invoke-Rpc $World.admin 'policy.put' @{ automaticApproval = $false }
    $made = New-TestRequest
    $null = Assert-Throws { & "$examples/Approve-RequestByTicket.ps1" -Ticket CLB-1042 2>$null } "Still pending, and not approved: $($made.requestId)\. The first reason: .*does not let it approve"
    Assert-Equal (Get-TestState $made.identity) 'Pending'
    Deny-TestRequests
}
It 'watch: each request once, those that wait already first' {
    Connect-As approver
    $first = New-TestRequest
    Set-Hook { param($call) if ($call -eq 1) { $global:Late = New-TestRequest } }
    try { $seen = @(& "$examples/Watch-PendingRequest.ps1" -IntervalSeconds 1 -MaxRounds 3) } finally { Remove-Hook }
    Assert-Equal @($seen.RequestId) @($first.requestId, $global:Late.requestId)
    Assert-Equal $seen[0].PSObject.TypeNames[0] 'CustomerLockbox.Request'
    Deny-TestRequests
}
It 'watch: a first look that fails is an error, a later one a warning' {
    Set-Hook -After { } -Before { param($call) if ($call -eq 2) { throw 'the daemon is away' } }
    try {
        $null = & "$examples/Watch-PendingRequest.ps1" -IntervalSeconds 1 -MaxRounds 3 -WarningVariable warned -WarningAction SilentlyContinue
        Assert-Equal @($warned).Count 1
        Assert-Match "$warned" 'the daemon is away'
        $global:Hook.Calls = 1
        $null = Assert-Throws { & "$examples/Watch-PendingRequest.ps1" -IntervalSeconds 1 -MaxRounds 3 } 'the daemon is away'
    }
    finally { Remove-Hook }
}
# This loop adds 1 tests.
foreach ($script in "Watch-PendingRequest.ps1' -IntervalSeconds 600", "Deny-OutsideBusinessHours.ps1' -Loop -IntervalSeconds 600") {
    It "Ctrl-C ends $script within a second" {
        $null = New-TestRequest
        $ps = [powershell]::Create()
        $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
        try {
            $null = $ps.AddScript("Import-Module CustomerLockbox; Connect-CustomerLockbox -Url '$($World.url)' -Token '$($World.approver)'; & '$examples/$script")
            $running = $ps.BeginInvoke([System.Management.Automation.PSDataCollection[psobject]]$null, $output)
            $limit = [System.Diagnostics.Stopwatch]::StartNew()
            while ($output.Count -eq 0 -and $limit.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 10 }
            Assert-True ($output.Count -gt 0 -and -not $running.IsCompleted) 'it wrote something, and waits'
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            $ps.Stop()
            Assert-True ($watch.Elapsed.TotalSeconds -lt 1) "it took $($watch.Elapsed.TotalSeconds) s"
        }
        finally { $ps.Dispose() }
        Deny-TestRequests
    }
}
Complete-Tests
