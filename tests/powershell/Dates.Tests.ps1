# Run again by itself under other time zones; the table must come out the same everywhere.
. "$PSScriptRoot/Harness.ps1"
$convert = { param($v) ConvertTo-LockboxInstant -Value $v -Name StartDate }
$zone = [System.TimeZoneInfo]::Local.Id
$local = [datetime]::new(2018, 5, 6, 14, 30, 0, [System.DateTimeKind]::Local)
$table = @(
    , @('2018-05-06 14:30:00z', '2018-05-06T14:30:00.000Z')
    , @('2018-05-06T14:30:00Z', '2018-05-06T14:30:00.000Z')
    , @('2018-05-06T14:30:00.123Z', '2018-05-06T14:30:00.123Z')
    , @('2018-05-06T14:30:00+05:30', '2018-05-06T09:00:00.000Z')
    , @('2018-05-06 14:30 -04:00', '2018-05-06T18:30:00.000Z')
    , @('2018-05-06 14:30:00 UTC', '2018-05-06T14:30:00.000Z')
    , @('2018-05-06 14:30', '2018-05-06T14:30:00.000Z')
    , @('05/06/2018', '2018-05-06T00:00:00.000Z')
    , @('5/6/2018 9:30 AM', '2018-05-06T09:30:00.000Z')
    , @('05/29/2019 00:00:00', '2019-05-29T00:00:00.000Z')
    , @('12/01/2018', '2018-12-01T00:00:00.000Z')
    , @(' 2018-05-06 ', '2018-05-06T00:00:00.000Z')
    , @([datetime]::new(2018, 5, 6, 14, 30, 0), '2018-05-06T14:30:00.000Z')
    , @([datetime]::new(2018, 5, 6, 14, 30, 0, [System.DateTimeKind]::Utc), '2018-05-06T14:30:00.000Z')
    , @([System.DateTimeOffset]::new(2018, 5, 6, 14, 30, 0, [timespan]::FromHours(2)), '2018-05-06T12:30:00.000Z')
    , @($local, $local.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [cultureinfo]::InvariantCulture))
    , @($local.ToUniversalTime, $local.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", [cultureinfo]::InvariantCulture))
)
function Test-Table {
    param([string]$Culture)
    $before = [cultureinfo]::CurrentCulture
    [cultureinfo]::CurrentCulture = [cultureinfo]::GetCultureInfo($Culture)
    try {
        foreach ($row in $table) {
            Assert-Equal (Invoke-InModule $convert @(, $row[0])) $row[1] "'$($row[0])' in $zone, $Culture"
        }
        foreach ($wrong in 'yesterday', '', '   ', $null, 20180506, '14:30', '2018-13-01', '29.05.2019', @('2018-05-06', '2018-05-07'), $true, 'x'.ToUpper) {
            $record = Invoke-InModule $convert @(, $wrong)
            Assert-True ($record -is [System.Management.Automation.ErrorRecord]) "'$wrong' was taken as $record"
            Assert-Match $record.Exception.Message 'not a date'
            Assert-Match $record.Exception.Data['remedy'] '2026-11-21T14:30:00Z'
        }
    }
    finally {
        [cultureinfo]::CurrentCulture = $before
    }
}
function Invoke-InZone {
    # What failed there, or nothing.
    param([string]$Zone)
    try {
        $env:TZ = $Zone
        $lines = & $World.pwsh -NoProfile -NonInteractive -File "$PSScriptRoot/Dates.Tests.ps1" 2>&1
    }
    finally {
        $env:TZ = 'UTC'
    }
    $result = "$lines" -replace '(?s)^.*RESULT ', '' | ConvertFrom-Json
    if ($result.passed -lt 5) { "only $($result.passed) passed: $lines" } else { $result.failed.text -join '; ' }
}

It 'the table of dates holds in en-US' { Test-Table en-US }
It 'the table of dates holds in de-DE' { Test-Table de-DE }
It 'the zone of this process is what it should be' {
    $hours = @{ 'UTC' = 0; 'America/New_York' = -4; 'Asia/Kolkata' = 5.5 }[$env:TZ]
    Assert-Equal ([System.TimeZoneInfo]::Local.GetUtcOffset([datetime]::new(2018, 5, 6)).TotalHours) ([double]$hours) $env:TZ
}
It 'dates of output are DateTime of Kind Utc' {
    Connect-As admin
    $made = New-TestRequest
    $seen = Get-AccessToCustomerDataRequest -RequestId $made.identity
    foreach ($name in 'CreatedDate', 'SentToCustomerDate', 'ExpirationDate') {
        Assert-Equal $seen.$name.GetType().FullName 'System.DateTime'
        Assert-Equal ([string]$seen.$name.Kind) 'Utc'
    }
    Assert-Equal $seen.CreatedDate.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'") $made.createdDate
    Assert-True ($seen.ExpirationDate -gt [datetime]::UtcNow)
    $record = @(Search-UnifiedAuditLog -StartDate ([datetime]::UtcNow.AddHours(-1)) -EndDate (Get-Date).AddHours(1))[0]
    Assert-Equal ([string]$record.CreationDate.Kind) 'Utc'
    Assert-True ([System.Math]::Abs(($record.CreationDate - [datetime]::UtcNow).TotalMinutes) -lt 30)
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $made.identity
}
It 'a search without a zone means UTC, and a local date is converted' {
    Connect-As admin
    $now = [datetime]::UtcNow
    $text = { param($date) $date.ToString('yyyy-MM-dd HH:mm:ss', [cultureinfo]::InvariantCulture) }
    $around = @(Search-UnifiedAuditLog -StartDate (& $text $now.AddHours(-1)) -EndDate (& $text $now.AddHours(1)))
    Assert-True ($around.Count -gt 0)
    Assert-Equal @(Search-UnifiedAuditLog -StartDate (Get-Date).AddHours(-1) -EndDate (Get-Date).AddHours(1)).Count $around.Count 'local dates'
    Assert-Equal @(Search-UnifiedAuditLog -StartDate (Get-Date).AddHours(-1).ToUniversalTime -EndDate (Get-Date).AddHours(1).ToUniversalTime).Count $around.Count 'without parentheses'
    Assert-Equal @(Get-AccessToCustomerDataRequest -CreatedAfter (Get-Date).AddHours(-1)).Count @(Get-AccessToCustomerDataRequest).Count
    Assert-Equal @(Get-AccessToCustomerDataRequest -CreatedAfter ([datetime]::UtcNow.AddHours(1))).Count 0
}
if ($env:TZ -eq 'UTC') {
    It 'the same tests pass in New York' { Assert-Equal (Invoke-InZone 'America/New_York') '' }
    It 'the same tests pass in Kolkata' { Assert-Equal (Invoke-InZone 'Asia/Kolkata') '' }
}
Complete-Tests
