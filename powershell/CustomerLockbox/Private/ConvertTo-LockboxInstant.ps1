function ConvertTo-LockboxInstant {
    # The only place that reads a date that a caller gave. Without a zone it is UTC, as documented;
    # text is read by the invariant culture, month first, whatever the machine's culture says.
    # Returns what is sent: ISO 8601 with milliseconds and Z.
    param(
        [AllowNull()][object]$Value,
        [Parameter(Mandatory = $true)][string]$Name
    )
    $invariant = [System.Globalization.CultureInfo]::InvariantCulture
    $given = $Value
    if ($Value -is [System.Management.Automation.PSMethod] -and $Value.Name -eq 'ToUniversalTime') {
        # The documentation writes (Get-Date ...).ToUniversalTime without parentheses.
        $Value = $Value.Invoke()
    }
    $instant = $null
    if ($Value -is [System.DateTimeOffset]) {
        $instant = $Value.UtcDateTime
    }
    elseif ($Value -is [datetime]) {
        if ($Value.Kind -eq [System.DateTimeKind]::Local) {
            $instant = $Value.ToUniversalTime()
        }
        else {
            $instant = [datetime]::SpecifyKind($Value, [System.DateTimeKind]::Utc)
        }
    }
    elseif ($Value -is [string]) {
        $text = $Value.Trim() -replace '(?i)\s*\bUTC$', 'Z'
        $parsed = [datetime]::MinValue
        $styles = [System.Globalization.DateTimeStyles]'AllowWhiteSpaces, AssumeUniversal, AdjustToUniversal, NoCurrentDateDefault'
        # A time of day alone names no instant; NoCurrentDateDefault leaves it in year 1.
        if ([datetime]::TryParse($text, $invariant, $styles, [ref]$parsed) -and $parsed.Year -gt 1) {
            $instant = $parsed
        }
    }
    if ($null -eq $instant) {
        return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating `
            -Message "The value '$given' of -$Name is not a date." `
            -Remedy 'Write it as ISO 8601, for example 2026-11-21T14:30:00Z; without a zone it is read as UTC, with slashes as month/day/year.'
    }
    $instant.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", $invariant)
}
