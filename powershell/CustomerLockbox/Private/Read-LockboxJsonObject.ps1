function Read-LockboxJsonObject {
    # JSON text that has to hold an object; or a failure that names its source and what it should be.
    param(
        [AllowNull()][AllowEmptyString()][string]$Text,
        [Parameter(Mandatory = $true)][string]$Source,
        [Parameter(Mandatory = $true)][string]$What,
        [Parameter(Mandatory = $true)][string]$Remedy
    )
    $read = $null
    $fault = 'it is no JSON object.'
    try {
        if (-not [string]::IsNullOrWhiteSpace($Text)) { $read = ConvertFrom-LockboxJson -Text $Text }
    }
    catch {
        $null = $global:Error.Remove($_)
        $fault = $_.Exception.GetBaseException().Message
    }
    if ($read -isnot [System.Management.Automation.PSCustomObject]) {
        return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message "$Source is no ${What}: $fault" -Remedy $Remedy
    }
    $read
}
