function ConvertTo-LockboxWord {
    # One of a parameter's documented words, in any case, whole; returned as documented. With -Open any other
    # word is passed on, because the daemon knows more of them than the documentation.
    param(
        [AllowNull()][AllowEmptyString()][string]$Value,
        [Parameter(Mandatory = $true)][string]$Name,
        [string[]]$Words = (Get-LockboxWord -Name $Name),
        [switch]$Open,
        [switch]$PerItem
    )
    foreach ($word in $Words) {
        if ([string]::Equals($word, $Value, [System.StringComparison]::OrdinalIgnoreCase)) {
            return $word
        }
    }
    if ($Open -and -not [string]::IsNullOrWhiteSpace($Value)) {
        return $Value.Trim()
    }
    $list = $Words -join ', '
    return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating:(-not $PerItem) `
        -Message "The value '$Value' of -$Name is not one of: $list." -Remedy "Write one of these words in full: $list."
}
