function ConvertTo-LockboxJsonValue {
    # Plain values that ConvertTo-Json writes alike on both editions: strings without the note
    # properties of Get-Content, instants and durations as the daemon wants them.
    param(
        [AllowNull()][object]$Value,
        [int]$Depth = 0
    )
    if ($null -eq $Value) { return $null }
    if ($Value -is [string] -or $Value -is [char] -or $Value -is [guid] -or $Value -is [uri]) { return [string]::Concat($Value) }
    if ($Value -is [switch]) { return [bool]$Value }
    if ($Value -is [datetime] -or $Value -is [System.DateTimeOffset]) { return ConvertTo-LockboxInstant -Value $Value -Name 'Params' }
    if ($Value -is [timespan]) { return [long][System.Math]::Floor($Value.TotalSeconds) }
    if ($Value -is [System.ValueType]) { return $Value }
    if ($Depth -gt 40) {
        # A structure that holds itself would never end; the daemon takes nothing this deep anyway.
        return '...'
    }
    if ($Value -is [System.Collections.IDictionary]) {
        $object = [ordered]@{}
        foreach ($key in $Value.Keys) {
            $object[[string]$key] = ConvertTo-LockboxJsonValue -Value $Value[$key] -Depth ($Depth + 1)
        }
        return $object
    }
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        $object = [ordered]@{}
        foreach ($property in $Value.PSObject.Properties) {
            $object[$property.Name] = ConvertTo-LockboxJsonValue -Value $property.Value -Depth ($Depth + 1)
        }
        return $object
    }
    if ($Value -is [System.Collections.IEnumerable]) {
        $list = [System.Collections.Generic.List[object]]::new()
        foreach ($item in $Value) {
            $list.Add((ConvertTo-LockboxJsonValue -Value $item -Depth ($Depth + 1)))
        }
        return , $list.ToArray()
    }
    [string]$Value
}
