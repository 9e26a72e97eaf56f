function Read-LockboxAuthority {
    # The certificates of a CA file, PEM or DER; or a failure. To trust them for one connection alone
    # needs what came with PowerShell 7.3; Windows PowerShell has only the store of the machine.
    param([AllowNull()][AllowEmptyString()][string]$Path)
    $able = $false
    if ($PSVersionTable.PSEdition -eq 'Core') {
        $able = $PSVersionTable.PSVersion -ge [version]'7.3'
    }
    if (-not $able) {
        return New-LockboxError -Code 'usage' -Category NotInstalled -Terminating `
            -Message "A CA file of one's own needs PowerShell 7.3 or later; this is $($PSVersionTable.PSVersion)." `
            -Remedy 'Import the authority into the certificate store of your user, and leave -CaFile and LOCKBOX_CA out.'
    }
    $reason = 'it holds no certificate'
    $found = [System.Security.Cryptography.X509Certificates.X509Certificate2Collection]::new()
    try {
        $file = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Path)
        if ([System.IO.File]::ReadAllText($file).Contains('-----BEGIN')) {
            $found.ImportFromPem([System.IO.File]::ReadAllText($file).ToCharArray())
        }
        else {
            $found.Import($file)
        }
    }
    catch {
        $null = $global:Error.Remove($_)
        $reason = $_.Exception.GetBaseException().Message
    }
    if ($found.Count -eq 0) {
        return New-LockboxError -Code 'caFile' -Category InvalidArgument -Terminating -Message "The CA file '$Path' cannot be used: $reason" `
            -Remedy 'Name a file with the certificate of the authority, as PEM or DER (-CaFile, or LOCKBOX_CA).'
    }
    , $found
}
