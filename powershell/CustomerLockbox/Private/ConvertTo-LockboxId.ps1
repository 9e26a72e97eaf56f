function ConvertTo-LockboxId {
    # Empty never means all: a GUID that was given but is blank is an error for that item.
    param(
        [AllowNull()][AllowEmptyString()][string]$Value,
        [Parameter(Mandatory = $true)][string]$Name
    )
    if ([string]::IsNullOrWhiteSpace($Value)) {
        return New-LockboxError -Code 'emptyId' -Category InvalidArgument -Message "-$Name is empty." -Remedy "Pass the GUID that Get- writes as $Name."
    }
    $Value.Trim()
}
