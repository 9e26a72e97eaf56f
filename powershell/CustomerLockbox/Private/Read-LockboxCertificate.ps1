function Read-LockboxCertificate {
    # A client certificate with its private key: an object as it is, or from a PFX or PEM file; or a
    # failure, which never holds the password.
    param(
        [AllowNull()][object]$Value,
        [AllowNull()][AllowEmptyString()][string]$Key,
        [AllowNull()][System.Security.SecureString]$Password
    )
    $certificate = $Value
    $reason = 'it holds no private key'
    if ($Value -isnot [System.Security.Cryptography.X509Certificates.X509Certificate2]) {
        $certificate = $null
        try {
            $paths = $ExecutionContext.SessionState.Path
            $file = $paths.GetUnresolvedProviderPathFromPSPath([string]$Value)
            if (-not [System.IO.File]::ReadAllText($file).Contains('-----BEGIN')) {
                $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($file, $Password)
            }
            elseif ($PSVersionTable.PSEdition -eq 'Core') {
                $keyFile = $file
                if ($Key) { $keyFile = $paths.GetUnresolvedProviderPathFromPSPath($Key) }
                if ($null -eq $Password) {
                    $loose = [System.Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromPemFile($file, $keyFile)
                }
                else {
                    $loose = [System.Security.Cryptography.X509Certificates.X509Certificate2]::CreateFromEncryptedPemFile($file, (ConvertTo-LockboxSecretText -Value $Password), $keyFile)
                }
                # Windows uses no key that was never stored; one round through PFX makes it usable.
                $certificate = [System.Security.Cryptography.X509Certificates.X509Certificate2]::new($loose.Export('Pfx'))
            }
            else {
                $reason = 'PEM files need PowerShell 7.1 or later; use a PFX file'
            }
        }
        catch {
            $null = $global:Error.Remove($_)
            $reason = $_.Exception.GetBaseException().Message
        }
    }
    if ($null -eq $certificate -or -not $certificate.HasPrivateKey) {
        return New-LockboxError -Code 'clientCertificate' -Category InvalidArgument -Terminating -Message "The client certificate cannot be used: $reason" `
            -Remedy 'Pass a certificate with its private key, or the path of a PFX file, or of a PEM file (with -ClientKey if the key is in another one).'
    }
    $certificate
}
