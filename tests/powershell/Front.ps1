# For the tests of what stands between the module and a daemon: certificates of their own, and
# front.py (see there). A test file dot-sources this after Harness.ps1.

function New-TestAuthority {
    # A certificate authority, and the file that holds its certificate.
    param([string]$Name)
    $key = [System.Security.Cryptography.ECDsa]::Create([System.Security.Cryptography.ECCurve+NamedCurves]::nistP256)
    $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $key, 'SHA256')
    $request.CertificateExtensions.Add([System.Security.Cryptography.X509Certificates.X509BasicConstraintsExtension]::new($true, $false, 0, $true))
    $certificate = $request.CreateSelfSigned([System.DateTimeOffset]::UtcNow.AddDays(-60), [System.DateTimeOffset]::UtcNow.AddDays(60))
    $file = "$($World.scratch)/$Name-ca.pem"
    [System.IO.File]::WriteAllText($file, $certificate.ExportCertificatePem())
    @{ Name = $Name; Certificate = $certificate; File = $file }
}

function New-TestCertificate {
    # A certificate that an authority signed, and the files that hold it and its key.
    param([hashtable]$Authority, [string]$Name, [string[]]$Hosts = @('localhost'), [int]$From = -1, [int]$To = 30, [switch]$Client)
    $key = [System.Security.Cryptography.ECDsa]::Create([System.Security.Cryptography.ECCurve+NamedCurves]::nistP256)
    $request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new("CN=$Name", $key, 'SHA256')
    $names = [System.Security.Cryptography.X509Certificates.SubjectAlternativeNameBuilder]::new()
    foreach ($one in $Hosts) { $names.AddDnsName($one) }
    $request.CertificateExtensions.Add($names.Build())
    $uses = [System.Security.Cryptography.OidCollection]::new()
    $null = $uses.Add([System.Security.Cryptography.Oid]::new($(if ($Client) { '1.3.6.1.5.5.7.3.2' } else { '1.3.6.1.5.5.7.3.1' })))
    $request.CertificateExtensions.Add([System.Security.Cryptography.X509Certificates.X509EnhancedKeyUsageExtension]::new($uses, $false))
    $now = [System.DateTimeOffset]::UtcNow
    $signed = $request.Create($Authority.Certificate, $now.AddDays($From), $now.AddDays($To), [guid]::NewGuid().ToByteArray())
    $file = "$($World.scratch)/$Name.pem"
    [System.IO.File]::WriteAllText($file, $signed.ExportCertificatePem())
    [System.IO.File]::WriteAllText("$file.key", $key.ExportPkcs8PrivateKeyPem())
    @{ File = $file; Key = "$file.key"; Whole = [System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::CopyWithPrivateKey($signed, $key) }
}

$Fronts = [System.Collections.Generic.List[object]]::new()
function Start-Front {
    # A front before the daemon (or before another address); its port, and the calls that it has seen.
    param([string[]]$Faults = @(), [hashtable]$Certificate, [string]$ClientAuthority, [string]$User, [string]$To = ([uri]$World.url).Authority)
    $log = "$($World.scratch)/front-$([guid]::NewGuid().ToString('N')).log"
    [System.IO.File]::WriteAllText($log, '')
    $start = [System.Diagnostics.ProcessStartInfo]::new($World.python)
    $given = @("$PSScriptRoot/front.py", '--to', $To, '--log', $log) + $Faults
    if ($Certificate) { $given += '--certificate', $Certificate.File, '--key', $Certificate.Key }
    if ($ClientAuthority) { $given += '--client-ca', $ClientAuthority }
    if ($User) { $given += '--user', $User }
    foreach ($argument in $given) { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    $Fronts.Add($process)
    $port = $process.StandardOutput.ReadLine()
    @{ Port = $port; Http = "http://127.0.0.1:$port"; Https = "https://localhost:$port"; Log = $log }
}

function Get-FrontCalls {
    # What a front has seen, in order.
    param([hashtable]$Front)
    foreach ($line in [System.IO.File]::ReadAllLines($Front.Log)) { $line | ConvertFrom-Json }
}

function Stop-Fronts {
    foreach ($process in $Fronts) {
        $process.StandardInput.Close()
        if (-not $process.WaitForExit(5000)) { $process.Kill() }
        $process.Dispose()
    }
    $Fronts.Clear()
}

function Assert-Failure {
    # The error of a kind, with its category and an action.
    param([scriptblock]$Body, [string]$Id, [string]$Category, [string]$Action)
    $record = Assert-Throws $Body "^Lockbox$Id,"
    Assert-Equal ([string]$record.CategoryInfo.Category) $Category
    Assert-Match $record.ErrorDetails.RecommendedAction $Action
    Assert-True (-not ($record | Format-List * -Force | Out-String).Contains($World.admin)) 'the token is never shown'
    $record
}
