function ConvertTo-LockboxName {
    # A name that was given and must not be blank, trimmed; or a failure.
    param(
        [AllowNull()][AllowEmptyString()][string]$Value,
        [Parameter(Mandatory = $true)][string]$Name
    )
    if ([string]::IsNullOrWhiteSpace($Value)) {
        return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message "-$Name is empty." `
            -Remedy "Give -$Name a value, or leave it out where it is optional."
    }
    $Value.Trim()
}
