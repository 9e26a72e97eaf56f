function ConvertTo-LockboxSeconds {
    # A duration as whole seconds. A bare number is refused: [timespan]2 would be 200 nanoseconds
    # and [timespan]'2' two days.
    param(
        [AllowNull()][object]$Value,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $seconds = 0
    if ($Value -is [timespan]) {
        $seconds = [long][System.Math]::Floor($Value.TotalSeconds)
    }
    elseif ($Value -is [string] -and $Value.Trim() -match '^(\d{1,3}):([0-5]\d)(?::([0-5]\d))?$') {
        $seconds = [int]$Matches[1] * 3600 + [int]$Matches[2] * 60
        if ($Matches.ContainsKey(3)) {
            $seconds += [int]$Matches[3]
        }
    }
    if ($seconds -le 0) {
        return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating `
            -Message "The value '$Value' of -$Name is not a duration." `
            -Remedy 'Write 02:00 for two hours, or pass a TimeSpan.'
    }
    $seconds
}
