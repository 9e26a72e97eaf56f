function ConvertTo-LockboxList {
    # Filters come as arrays and as comma strings; what is blank counts as not given.
    param([AllowNull()][AllowEmptyCollection()][AllowEmptyString()][string[]]$Value)
    $list = [System.Collections.Generic.List[string]]::new()
    foreach ($item in $Value) {
        foreach ($part in "$item".Split(',')) {
            if (-not [string]::IsNullOrWhiteSpace($part)) {
                $list.Add($part.Trim())
            }
        }
    }
    , $list.ToArray()
}
