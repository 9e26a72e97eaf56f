function ConvertTo-LockboxShownText {
    # Free text in one line, with the controls that could turn it around or hide it escaped.
    param([AllowNull()][AllowEmptyString()][string]$Text)
    [regex]::Replace(($Text -replace '\s+', ' ').Trim(), '[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]', {
            param($match)
            '\u{0:x4}' -f [int][char]$match.Value
        })
}
