#Requires -Version 5.1
#Requires -Modules CustomerLockbox
<#
.SYNOPSIS
    Denies what waits for a decision outside business hours.

.DESCRIPTION
    Outside business hours nobody is there to look at a request, so this denies every request that is
    pending; the engineer can ask again when somebody is. In business hours it touches nothing.

    Without -Loop it looks once and ends: run that from a schedule of your CI. With -Loop it looks again
    and again, until Ctrl-C or for -MaxRounds rounds.

    If somebody else decides a request first, that decision stands, and this is no failure. What could
    not be denied and is still pending is one: the script then ends with an error, so that CI is red. In
    a loop a round that fails is a warning, and the next round tries again; the error comes at the end.

    Give it a token that can deny and nothing else: a robot's, created with decisions = Deny.

.PARAMETER TimeZone
    Whose wall clock the hours are: a name such as Europe/Berlin (PowerShell 7), or such as
    W. Europe Standard Time (both editions).

.PARAMETER Start
    When business begins, hh:mm.

.PARAMETER End
    When it ends, hh:mm; 24:00 is midnight. An end that is not after the start is on the next day.

.PARAMETER Days
    The days on which business hours begin.

.PARAMETER Holidays
    Days without business hours, as yyyy-MM-dd.

.PARAMETER HolidayFile
    A text file with one such day a line; what follows a # is a comment.

.PARAMETER Comment
    What the audit log says about each denial.

.PARAMETER Loop
    Goes on looking, instead of once.

.PARAMETER IntervalSeconds
    How long a loop waits between two rounds.

.PARAMETER MaxRounds
    After how many rounds a loop ends; 0 is never.

.PARAMETER At
    Judges the hours as of this instant; text without a zone is UTC. For trying out a calendar, so only
    with -WhatIf.

.OUTPUTS
    One object a round: Time (UTC), Local (on the clock of the time zone), BusinessHours, Pending (the
    requests that waited), Denied (those that this round denied).

.EXAMPLE
    ./Deny-OutsideBusinessHours.ps1 -TimeZone Europe/Berlin -Start 08:00 -End 18:00 -Holidays 2026-12-25, 2026-12-26

    Looks once, for a schedule.

.EXAMPLE
    ./Deny-OutsideBusinessHours.ps1 -TimeZone Europe/Berlin -HolidayFile ./holidays.txt -Loop -IntervalSeconds 60

    Looks every minute until Ctrl-C.

.EXAMPLE
    ./Deny-OutsideBusinessHours.ps1 -TimeZone Europe/Berlin -At '2026-12-24 23:00' -WhatIf

    Says what it would do on that evening, and does nothing.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
[OutputType('CustomerLockbox.DenyRound')]
param(
    [string]$TimeZone = 'UTC',

    [string]$Start = '08:00',

    [string]$End = '18:00',

    [string[]]$Days = @('Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday'),

    [string[]]$Holidays = @(),

    [string]$HolidayFile,

    [string]$Comment = 'Outside business hours',

    [switch]$Loop,

    [ValidateRange(1, 86400)]
    [int]$IntervalSeconds = 60,

    [ValidateRange(0, 2147483647)]
    [int]$MaxRounds = 0,

    [string]$At
)
$ErrorActionPreference = 'Stop'
$invariant = [System.Globalization.CultureInfo]::InvariantCulture

function ConvertTo-TimeOfDay {
    # A bare number would be days for [timespan], so it is refused.
    param([string]$Text, [string]$Name)
    if ($Text -notmatch '^(([01]?[0-9]|2[0-3]):([0-5][0-9])|24:00)$') {
        throw "-$Name '$Text' is no time of day. Write hh:mm, for example 08:30."
    }
    $part = $Text.Split(':')
    [timespan]::new([int]$part[0], [int]$part[1], 0)
}

function ConvertTo-Day {
    param([string]$Text)
    $day = [datetime]::MinValue
    if (-not [datetime]::TryParseExact($Text.Trim(), 'yyyy-MM-dd', $invariant, [System.Globalization.DateTimeStyles]::None, [ref]$day)) {
        throw "The holiday '$Text' is no day. Write yyyy-MM-dd, for example 2026-12-25."
    }
    $day
}

function Test-BusinessHours {
    # Whether a moment on the local clock lies in the hours of its day, or of a night shift that began
    # on the day before.
    param([datetime]$Local)
    foreach ($begun in $Local.Date, $Local.Date.AddDays(-1)) {
        if ($Days -notcontains [string]$begun.DayOfWeek -or $closed -contains $begun) { continue }
        $from = $begun + $opens
        $to = $begun + $closes
        if ($closes -le $opens) { $to = $to.AddDays(1) }
        if ($Local -ge $from -and $Local -lt $to) { return $true }
    }
    $false
}

function Invoke-Round {
    # Looks once. Throws where something that should be denied is still pending.
    $now = [datetime]::UtcNow
    if ($null -ne $asOf) { $now = $asOf }
    $local = [System.TimeZoneInfo]::ConvertTimeFromUtc($now, $zone)
    $open = Test-BusinessHours -Local $local
    $pending = @(Get-AccessToCustomerDataRequest -ApprovalStatus Pending)
    $denied = @()
    $failed = @()
    if (-not $open -and $pending.Count -gt 0) {
        # One lost race must not leave the rest undecided, so this line goes on after a failure.
        $denied = @($pending | Set-AccessToCustomerDataRequest -ApprovalDecision Deny -Comment $Comment -PassThru -ErrorAction Continue -ErrorVariable failed)
    }
    [pscustomobject]@{
        PSTypeName    = 'CustomerLockbox.DenyRound'
        Time          = $now
        Local         = $local.ToString("yyyy-MM-dd'T'HH:mm:ss", $invariant)
        BusinessHours = $open
        Pending       = @($pending | ForEach-Object -Process { $_.RequestId })
        Denied        = @($denied | ForEach-Object -Process { $_.RequestId })
    }
    # What failed is read again: most often somebody else was faster.
    $left = @($failed | ForEach-Object -Process { Get-AccessToCustomerDataRequest -RequestId $_.TargetObject } |
            Where-Object -FilterScript { $_.ApprovalStatus -eq 'Pending' })
    if ($left.Count -gt 0) {
        throw "Still pending, and not denied: $(($left | ForEach-Object -Process { $_.RequestId }) -join ', '). The first reason: $($failed[0])"
    }
}

$opens = ConvertTo-TimeOfDay -Text $Start -Name 'Start'
$closes = ConvertTo-TimeOfDay -Text $End -Name 'End'
try {
    $zone = [System.TimeZoneInfo]::FindSystemTimeZoneById($TimeZone)
}
catch {
    throw "The time zone '$TimeZone' is not known here. Windows PowerShell knows names such as 'W. Europe Standard Time', PowerShell 7 also 'Europe/Berlin'."
}
# `pwsh -File` passes a list as one text.
$Days = @($Days | ForEach-Object -Process { "$_".Split(',') } | ForEach-Object -Process { $_.Trim() })
foreach ($day in $Days) {
    if ([System.Enum]::GetNames([System.DayOfWeek]) -notcontains $day) { throw "-Days '$day' is no day. Write Monday, Tuesday and so on." }
}
$lines = @($Holidays | ForEach-Object -Process { $_.Split(',') })
if ($HolidayFile -ne '') {
    $file = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($HolidayFile)
    $lines += @([System.IO.File]::ReadAllLines($file) | ForEach-Object -Process { ($_ -replace '#.*$', '').Trim() } | Where-Object -FilterScript { $_ -ne '' })
}
$closed = @($lines | ForEach-Object -Process { ConvertTo-Day -Text $_ })
$asOf = $null
if ($At -ne '') {
    if (-not $WhatIfPreference) { throw '-At is for trying out a calendar: use it with -WhatIf.' }
    $asOf = [datetime]::MinValue
    if (-not [datetime]::TryParse($At, $invariant, [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal', [ref]$asOf)) {
        throw "-At '$At' is no instant. Write ISO 8601, for example 2026-12-24T23:00:00Z."
    }
}

if (-not $Loop) {
    Invoke-Round
    return
}
for ($round = 1; ; $round++) {
    $fault = $null
    try {
        Invoke-Round
    }
    catch {
        $fault = $_
    }
    if ($MaxRounds -ne 0 -and $round -ge $MaxRounds) {
        if ($null -ne $fault) { throw $fault }
        return
    }
    if ($null -ne $fault) { Write-Warning -Message "This round failed, the next one tries again: $fault" }
    Start-Sleep -Seconds $IntervalSeconds
}
