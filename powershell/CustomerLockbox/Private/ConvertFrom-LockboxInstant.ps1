function ConvertFrom-LockboxInstant {
    # An instant of the daemon as a DateTime of Kind Utc; $null stays $null.
    param([AllowNull()][object]$Text)
    if ($null -eq $Text -or $Text -eq '') {
        return $null
    }
    $styles = [System.Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
    [datetime]::Parse($Text, [System.Globalization.CultureInfo]::InvariantCulture, $styles)
}
