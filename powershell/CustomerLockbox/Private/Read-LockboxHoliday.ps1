function Read-LockboxHoliday {
    # The all-day events of an iCalendar file in some years: Days (date to name) and LeftOut (texts); or
    # a failure. What this would read only in part is a failure, because on a day that is left out
    # silently somebody is let in; lockboxd calendar import reads more.
    param(
        [Parameter(Mandatory = $true)][AllowEmptyString()][string]$Text,
        [Parameter(Mandatory = $true)][int[]]$Years
    )
    $days = @{}
    $leftOut = [System.Collections.Generic.List[string]]::new()
    $open = [System.Collections.Generic.List[string]]::new()
    $entry = @{}
    $whole = $Text -replace '\r?\n[ \t]', ''
    foreach ($line in $whole -split '\r?\n') {
        if ($line -notmatch '^(?<name>[\w-]+)(?:;(?:"[^"]*"|[^":])*)?:(?<value>.*)$') {
            if ($line.Trim() -eq '') { continue }
            return New-LockboxBadHoliday -Problem "'$line' is no line of an iCalendar file."
        }
        $name = $Matches['name'].ToUpperInvariant()
        $value = $Matches['value'].Trim()
        if ($name -eq 'BEGIN') {
            if ($open.Count -eq 0 -and $value -ne 'VCALENDAR') { break }
            $open.Add($value.ToUpperInvariant())
            if ($open.Count -eq 2) { $entry = @{} }
        }
        elseif ($open.Count -eq 0) {
            break
        }
        elseif ($name -eq 'END') {
            if ($open[$open.Count - 1] -ne $value) { return New-LockboxBadHoliday -Problem "END:$value ends nothing that is open." }
            if ($open.Count -eq 2 -and $value -eq 'VEVENT') {
                $found = Read-LockboxHolidayEvent -Entry $entry -Years $Years
                if (Test-LockboxFault $found) { return $found }
                if ($found -is [string]) { $leftOut.Add($found) }
                else { foreach ($day in $found) { if (-not $days.ContainsKey($day)) { $days[$day] = $entry['SHOWN'] } } }
            }
            $open.RemoveAt($open.Count - 1)
        }
        elseif ($open.Count -eq 2) {
            # A second one would be read in place of the first.
            if ($entry.ContainsKey($name) -and $name -in 'DTSTART', 'DTEND', 'DURATION', 'RRULE') {
                return New-LockboxBadHoliday -Problem "an event has a second $name."
            }
            $entry[$name] = $value
        }
    }
    if ($open.Count -gt 0 -or $whole -notmatch '(?im)^END:VCALENDAR\s*$') {
        return New-LockboxBadHoliday -Problem 'it does not go from BEGIN:VCALENDAR to END:VCALENDAR.'
    }
    @{ Days = $days; LeftOut = $leftOut.ToArray() }
}

function Read-LockboxHolidayEvent {
    # The dates of one event as yyyy-MM-dd, a text why it is left out, or a failure.
    param([Parameter(Mandatory = $true)][hashtable]$Entry, [Parameter(Mandatory = $true)][int[]]$Years)
    $invariant = [System.Globalization.CultureInfo]::InvariantCulture
    $Entry['SHOWN'] = "$($Entry['SUMMARY'])" -replace '\\n', ' ' -replace '\\([\\,;])', '$1'
    $shown = "The event '$($Entry['SHOWN'])'"
    $first = ConvertFrom-LockboxIcsDate -Text $Entry['DTSTART']
    if ($null -eq $first) {
        if ($Entry['DTSTART'] -match '^\d{8}T\d{6}Z?$') { return "$shown has a time of day: no holiday." }
        return New-LockboxBadHoliday -Problem "$shown has no date."
    }
    foreach ($name in 'RDATE', 'EXDATE', 'EXRULE', 'RECURRENCE-ID') {
        if ($Entry.ContainsKey($name)) { return New-LockboxBadHoliday -Problem "$shown has $name, which this command does not read." }
    }
    if ($Entry['STATUS'] -eq 'CANCELLED') {
        return "$shown is cancelled."
    }
    $length = 1
    $end = ConvertFrom-LockboxIcsDate -Text $Entry['DTEND']
    if ($null -ne $end) { $length = ($end - $first).Days }
    elseif ($Entry['DURATION'] -match '^P(\d{1,3})D$') { $length = [int]$Matches[1] }
    elseif ($Entry.ContainsKey('DTEND') -or $Entry.ContainsKey('DURATION')) { $length = 0 }
    if ($length -lt 1 -or $length -gt 366) { return New-LockboxBadHoliday -Problem "$shown does not last 1 to 366 days." }
    $starts = Get-LockboxYearlyDate -First $first -Rule $Entry['RRULE'] -Shown $shown -Last ($Years | Sort-Object)[-1]
    if (Test-LockboxFault $starts) {
        return $starts
    }
    $dates = foreach ($start in $starts) {
        foreach ($offset in 0..($length - 1)) {
            $day = $start.AddDays($offset)
            if ($Years -contains $day.Year) { $day.ToString('yyyy-MM-dd', $invariant) }
        }
    }
    , @($dates)
}

function Get-LockboxYearlyDate {
    # The days on which an event begins, up to a year: one, or one a year where it repeats so.
    param([datetime]$First, [AllowNull()][string]$Rule, [string]$Shown, [int]$Last)
    if ([string]::IsNullOrEmpty($Rule)) {
        return $First
    }
    $every = 1
    $count = [int]::MaxValue
    $until = [datetime]::MaxValue
    $yearly = $false
    foreach ($part in $Rule.ToUpperInvariant().Split(';')) {
        if ($part -eq 'FREQ=YEARLY') { $yearly = $true }
        elseif ($part -match '^INTERVAL=([1-9]\d{0,2})$') { $every = [int]$Matches[1] }
        elseif ($part -match '^COUNT=([1-9]\d{0,4})$') { $count = [int]$Matches[1] }
        elseif ($part -match '^UNTIL=(\d{8})(T\d{6}Z?)?$') { $until = ConvertFrom-LockboxIcsDate -Text $Matches[1] }
        elseif ($part -notmatch '^WKST=' -and $part -ne "BYMONTH=$($First.Month)" -and $part -ne "BYMONTHDAY=$($First.Day)") { $yearly = $false; break }
    }
    # A day of the month without a month would mean that day of every month.
    if (-not $yearly -or $null -eq $until -or ($Rule -match 'BYMONTHDAY=' -and $Rule -notmatch 'BYMONTH=')) {
        return New-LockboxBadHoliday -Problem "$Shown repeats by $Rule, which this command does not read."
    }
    $made = 0
    # One year before the range too: an event may run into it.
    for ($year = $First.Year; $year -le $Last -and $made -lt $count; $year += $every) {
        # 29 February comes in leap years only.
        if ($First.Day -gt [datetime]::DaysInMonth($year, $First.Month)) { continue }
        $start = [datetime]::new($year, $First.Month, $First.Day)
        if ($start -gt $until) { break }
        $made++
        $start
    }
}

function ConvertFrom-LockboxIcsDate {
    param([AllowNull()][AllowEmptyString()][string]$Text)
    $day = [datetime]::MinValue
    if ([datetime]::TryParseExact("$Text", 'yyyyMMdd', [System.Globalization.CultureInfo]::InvariantCulture, [System.Globalization.DateTimeStyles]::None, [ref]$day)) { $day }
}

function New-LockboxBadHoliday {
    param([string]$Problem)
    New-LockboxError -Code 'holidayFile' -Category InvalidData -Terminating -Message "The holidays cannot be read: $(ConvertTo-LockboxShownText -Text $Problem)" `
        -Remedy 'Correct the file, or use lockboxd calendar import, which reads more, on the policy file.'
}
