function ConvertTo-LockboxCalendar {
    # A calendar of a policy document as the object that people and scripts see; its days and hours are
    # local, so they stay text.
    param([Parameter(Mandatory = $true)][string]$Name, [AllowNull()][object]$Plan)
    $weekly = @()
    if ($null -ne $Plan.weekly) {
        $weekly = @($Plan.weekly.PSObject.Properties | ForEach-Object -Process { [pscustomobject]@{ Days = $_.Name; Open = @($_.Value) } })
    }
    $holidays = foreach ($day in $Plan.holidays) { if ($null -ne $day) { [pscustomobject]@{ Date = $day.date; Name = $day.name } } }
    $exceptions = foreach ($day in $Plan.exceptions) { if ($null -ne $day) { [pscustomobject]@{ Date = $day.date; Open = @($day.open); Name = $day.name } } }
    [pscustomobject]@{
        PSTypeName = 'CustomerLockbox.Calendar'
        Name       = $Name
        TimeZone   = $Plan.zone
        Weekly     = $weekly
        Holidays   = @($holidays)
        Exceptions = @($exceptions)
    }
}
