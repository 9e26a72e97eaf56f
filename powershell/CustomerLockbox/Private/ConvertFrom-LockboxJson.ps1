function ConvertFrom-LockboxJson {
    # Text that looks like a date stays text on every edition. Windows PowerShell leaves it alone;
    # PowerShell 7 makes a DateTime of it unless told otherwise, which it can be from 7.5 on.
    param(
        [Parameter(Mandatory = $true)][string]$Text,
        [switch]$WithoutDateKind
    )
    if ($PSVersionTable.PSEdition -eq 'Core') {
        $command = Get-Command -Name 'Microsoft.PowerShell.Utility\ConvertFrom-Json'
        if ($command.Parameters.ContainsKey('DateKind') -and -not $WithoutDateKind) {
            return Microsoft.PowerShell.Utility\ConvertFrom-Json -InputObject $Text -DateKind String
        }
        # An opening quote never follows a backslash, and a closing one is never followed by a digit
        # or a slash, so exactly the strings that could become dates get the mark.
        $mark = [string][char]1
        $marked = [regex]::Replace($Text, '(?<!\\)"(?=\d{4}-\d\d-\d\dT|\\?/Date\()', '"\u0001')
        $value = Microsoft.PowerShell.Utility\ConvertFrom-Json -InputObject $marked
        return Remove-LockboxMark -Value $value -Mark $mark
    }
    Microsoft.PowerShell.Utility\ConvertFrom-Json -InputObject $Text
}

function Remove-LockboxMark {
    param([AllowNull()][object]$Value, [string]$Mark)
    if ($Value -is [string]) {
        if ($Value.StartsWith($Mark, [System.StringComparison]::Ordinal)) {
            return $Value.Substring(1)
        }
        return $Value
    }
    if ($Value -is [System.Collections.IList]) {
        for ($index = 0; $index -lt $Value.Count; $index++) {
            $Value[$index] = Remove-LockboxMark -Value $Value[$index] -Mark $Mark
        }
        return , $Value
    }
    if ($Value -is [System.Management.Automation.PSCustomObject]) {
        foreach ($property in $Value.PSObject.Properties) {
            $property.Value = Remove-LockboxMark -Value $property.Value -Mark $Mark
        }
    }
    $Value
}
