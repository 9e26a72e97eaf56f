function Read-LockboxNoticeSetting {
    # Settings of notifications as they were given: a dictionary, an object, or JSON text; or a failure.
    param([AllowNull()][object]$Value)
    if ($Value -is [System.Collections.IDictionary] -or $Value -is [System.Management.Automation.PSCustomObject]) {
        return $Value
    }
    $read = $null
    try {
        if (-not [string]::IsNullOrWhiteSpace($Value)) { $read = ConvertFrom-LockboxJson -Text $Value }
    }
    catch {
        $null = $global:Error.Remove($_)
    }
    if ($read -isnot [System.Management.Automation.PSCustomObject]) {
        return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'What -Notifications holds is no object of settings.' `
            -Remedy "Write a hashtable, such as @{ language = 'de'; securityContacts = @('security@contoso.com') }."
    }
    $read
}
