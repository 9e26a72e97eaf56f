function ConvertTo-LockboxRequestId {
    # Empty never means all: an id that was given but is blank is an error for that item.
    param(
        [AllowNull()][AllowEmptyString()][string]$Value,
        [string]$Name = 'RequestId'
    )
    if ([string]::IsNullOrWhiteSpace($Value)) {
        return New-LockboxError -Code 'emptyId' -Category InvalidArgument -Message "-$Name is empty." `
            -Remedy "Pass a reference number such as EXSR123456, or the request's GUID; leave -$Name out to mean every request."
    }
    $Value.Trim()
}
