# TLS: an own authority, a client certificate, and each fault of a certificate told apart.
. "$PSScriptRoot/Harness.ps1"
. "$PSScriptRoot/Front.ps1"
$authority = New-TestAuthority own
$stranger = New-TestAuthority stranger
$server = New-TestCertificate $authority server
$client = New-TestCertificate $authority client -Client
$front = Start-Front -Certificate $server
$asking = Start-Front -Certificate $server -ClientAuthority $authority.File

function Assert-TlsFailure {
    param([scriptblock]$Body, [string]$Id, [string]$Action)
    $record = Assert-Throws $Body "^Lockbox$Id,Connect-CustomerLockbox"
    Assert-Equal ([string]$record.CategoryInfo.Category) 'SecurityError'
    Assert-Match $record.ErrorDetails.RecommendedAction $Action
    Assert-True (-not ($record | Format-List * -Force | Out-String).Contains($World.admin)) 'the token is never shown'
}
function Connect-Tls {
    param([hashtable]$To, [hashtable]$With = @{})
    Connect-CustomerLockbox -Url $To.Https -Token $World.admin @With -PassThru
}
function Invoke-WithAuthority {
    # As if LOCKBOX_CA named this file.
    param([string]$File, [scriptblock]$Body)
    $env:LOCKBOX_CA = $File
    try { & $Body } finally { $env:LOCKBOX_CA = $null }
}

It '-CaFile trusts an own authority, as PEM, as DER, and out of a bundle' {
    Assert-Equal (Connect-Tls $front @{ CaFile = $authority.File }).Organization $World.tenant
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant
    $der = "$($World.scratch)/authority.der"
    [System.IO.File]::WriteAllBytes($der, $authority.Certificate.RawData)
    Assert-Equal (Connect-Tls $front @{ CaFile = $der }).Organization $World.tenant
    $bundle = "$($World.scratch)/bundle.pem"
    [System.IO.File]::WriteAllText($bundle, [System.IO.File]::ReadAllText($stranger.File) + "`n" + [System.IO.File]::ReadAllText($authority.File))
    Assert-Equal (Connect-Tls $front @{ CaFile = $bundle }).Organization $World.tenant
    Push-Location $World.scratch
    try { Assert-Equal (Connect-Tls $front @{ CaFile = './own-ca.pem' }).Organization $World.tenant 'relative to the location' } finally { Pop-Location }
}
It 'LOCKBOX_CA does so for Connect and for the environment; -CaFile wins' {
    Invoke-WithAuthority $authority.File {
        Assert-Equal (Connect-Tls $front).Organization $World.tenant
        Assert-TlsFailure { Connect-Tls $front @{ CaFile = $stranger.File } } 'TlsUntrusted' 'CaFile'
        Disconnect-CustomerLockbox
        $env:LOCKBOX_URL = $front.Https; $env:LOCKBOX_TOKEN = $World.admin
        try {
            Assert-Equal (Get-OrganizationConfig).Name $World.tenant
            $env:LOCKBOX_CA = $stranger.File
            $null = Assert-Throws { Get-OrganizationConfig } '^LockboxTlsUntrusted,Get-OrganizationConfig'
            $env:LOCKBOX_CA = "$($World.scratch)/missing.pem"
            $null = Assert-Throws { Get-OrganizationConfig } '^LockboxCaFile,'
        }
        finally {
            $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
        }
    }
    Invoke-WithAuthority "$($World.scratch)/missing.pem" { Connect-As admin }
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant 'an http address needs no authority'
}
It 'an authority that is not trusted is told apart, without and with a CA file' {
    Assert-TlsFailure { Connect-Tls $front } 'TlsUntrusted' 'LOCKBOX_CA'
    Assert-TlsFailure { Connect-Tls $front @{ CaFile = $stranger.File } } 'TlsUntrusted' 'LOCKBOX_CA'
    $expired = Start-Front -Certificate (New-TestCertificate $authority old -From -30 -To -2)
    Assert-TlsFailure { Connect-Tls $expired @{ CaFile = $stranger.File } } 'TlsUntrusted' 'LOCKBOX_CA'
}
It 'a certificate for another name is told apart' {
    $named = Start-Front -Certificate (New-TestCertificate $authority named -Hosts lockbox.example)
    Assert-TlsFailure { Connect-Tls $named @{ CaFile = $authority.File } } 'TlsNameMismatch' '-Url'
    Assert-TlsFailure { Connect-CustomerLockbox -Url "https://127.0.0.1:$($front.Port)" -Token $World.admin -CaFile $authority.File } 'TlsNameMismatch' '-Url'
}
It 'a certificate whose time is over, or has not come, is told apart' {
    foreach ($days in @(-30, -2), @(2, 30)) {
        $late = Start-Front -Certificate (New-TestCertificate $authority "late$($days[0])" -From $days[0] -To $days[1])
        Assert-TlsFailure { Connect-Tls $late @{ CaFile = $authority.File } } 'TlsExpired' 'Renew.*clock'
    }
}
It 'a port that speaks no TLS is told apart, and no call reaches it' {
    $plain = Start-Front
    Assert-TlsFailure { Connect-CustomerLockbox -Url "https://localhost:$($plain.Port)" -Token $World.admin -CaFile $authority.File } 'TlsFailed' 'speaks TLS'
    Assert-Equal @(Get-FrontCalls $plain).Count 0
}
It 'a daemon whose certificate is refused never sees the token' {
    $named = Start-Front -Certificate (New-TestCertificate $authority unseen -Hosts lockbox.example)
    $null = Assert-Throws { Connect-Tls $named @{ CaFile = $authority.File } }
    Assert-Equal @(Get-FrontCalls $named).Count 0
}
It 'a client certificate that is asked for and missing is told apart' {
    # TLS 1.3 says so after its handshake, in an alert that a broken connection can overtake.
    $record = Assert-Throws { Connect-Tls $asking @{ CaFile = $authority.File } } '^Lockbox(TlsClientCertificate|ConnectionLost),'
    Assert-Match $record.ErrorDetails.RecommendedAction '-ClientCertificate'
    $fault = Invoke-InModule {
        param($c)
        $seen = [System.IO.IOException]::new('Decrypt failed.', [System.Exception]::new('error:0A00045C:SSL routines::tlsv13 alert certificate required'))
        Get-LockboxTransportFault -Connection $c -Exception ([System.AggregateException]::new($seen))
    } @(@{ Url = $asking.Https; Endpoint = [uri]$asking.Https; Transport = @{} })
    Assert-Equal $fault.FullyQualifiedErrorId 'LockboxTlsClientCertificate'
    Assert-Equal ([string]$fault.CategoryInfo.Category) 'SecurityError'
    Assert-Equal @(Get-FrontCalls $asking).Count 0
}
It 'a client certificate works as an object, as PEM in two files and in one, and as PFX' {
    $trust = @{ CaFile = $authority.File }
    Assert-Equal (Connect-Tls $asking ($trust + @{ ClientCertificate = $client.Whole })).Organization $World.tenant
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant
    Assert-Equal (Connect-Tls $asking ($trust + @{ ClientCertificate = $client.File; ClientKey = $client.Key })).Organization $World.tenant
    $both = "$($World.scratch)/both.pem"
    [System.IO.File]::WriteAllText($both, [System.IO.File]::ReadAllText($client.File) + "`n" + [System.IO.File]::ReadAllText($client.Key))
    Assert-Equal (Connect-Tls $asking ($trust + @{ ClientCertificate = $both })).Organization $World.tenant
    $pfx = "$($World.scratch)/client.pfx"
    [System.IO.File]::WriteAllBytes($pfx, $client.Whole.Export('Pfx', 'hidden word'))
    $password = ConvertTo-SecureString 'hidden word' -AsPlainText -Force
    Assert-Equal (Connect-Tls $asking ($trust + @{ ClientCertificate = $pfx; ClientKeyPassword = $password })).Organization $World.tenant
    $pem = "$($World.scratch)/encrypted.pem"
    $parameters = [System.Security.Cryptography.PbeParameters]::new('Aes256Cbc', 'SHA256', 1000)
    [System.IO.File]::WriteAllText($pem, [System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]::GetECDsaPrivateKey($client.Whole).ExportEncryptedPkcs8PrivateKeyPem('hidden word'.ToCharArray(), $parameters))
    Assert-Equal (Connect-Tls $asking ($trust + @{ ClientCertificate = $client.File; ClientKey = $pem; ClientKeyPassword = $password })).Organization $World.tenant
}
It 'LOCKBOX_CLIENT_CERTIFICATE and LOCKBOX_CLIENT_KEY are a client certificate too' {
    Invoke-WithAuthority $authority.File {
        $env:LOCKBOX_CLIENT_CERTIFICATE = $client.File; $env:LOCKBOX_CLIENT_KEY = $client.Key
        $env:LOCKBOX_URL = $asking.Https; $env:LOCKBOX_TOKEN = $World.admin
        try {
            Assert-Equal (Connect-CustomerLockbox -PassThru).Organization $World.tenant
            Disconnect-CustomerLockbox
            Assert-Equal (Get-OrganizationConfig).Name $World.tenant
            $env:LOCKBOX_CLIENT_CERTIFICATE = $null; $env:LOCKBOX_CLIENT_KEY = $null
            $null = Assert-Throws { Get-OrganizationConfig } '^Lockbox(TlsClientCertificate|ConnectionLost),'
        }
        finally {
            $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
            $env:LOCKBOX_CLIENT_CERTIFICATE = $null; $env:LOCKBOX_CLIENT_KEY = $null
        }
    }
}
It 'files that cannot be used say why, and hold no password' {
    $text = "$($World.scratch)/words.txt"
    [System.IO.File]::WriteAllText($text, 'no certificate')
    $wrong = ConvertTo-SecureString 'hidden word' -AsPlainText -Force
    foreach ($case in @(@{ CaFile = "$($World.scratch)/missing.pem" }, 'CaFile'), @(@{ CaFile = $text }, 'CaFile'), @(@{ CaFile = '' }, 'CaFile'), @(@{ CaFile = $World.scratch }, 'CaFile'),
        @(@{ ClientCertificate = $client.File }, 'ClientCertificate'), @(@{ ClientCertificate = $text }, 'ClientCertificate'), @(@{ ClientCertificate = $null }, 'ClientCertificate'), @(@{ ClientCertificate = $authority.File; ClientKey = $client.Key; ClientKeyPassword = $wrong }, 'ClientCertificate'),
        @(@{ ClientKey = $client.Key }, 'Usage')) {
        $more = $case[0]
        $record = Assert-Throws { Connect-Tls $front $more } "^Lockbox$($case[1]),"
        Assert-True (-not ($record | Format-List * -Force | Out-String).Contains('hidden'))
        Assert-Equal ([string]$record.CategoryInfo.Category) 'InvalidArgument'
    }
    foreach ($more in @{ CaFile = $authority.File }, @{ ClientCertificate = $client.Whole }) {
        $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url -Token $World.admin @more } '^LockboxUsage,.*https'
    }
}
It 'TLS goes through a proxy' {
    $proxy = Start-Front -User 'anna:word'
    $credential = [pscredential]::new('anna', (ConvertTo-SecureString 'word' -AsPlainText -Force))
    Assert-Equal (Connect-Tls $front @{ CaFile = $authority.File; Proxy = $proxy.Http; ProxyCredential = $credential }).Organization $World.tenant
    Assert-True (@(Get-FrontCalls $proxy).path -contains "localhost:$($front.Port)")
    $null = Assert-Throws { Connect-Tls $front @{ CaFile = $authority.File; Proxy = $proxy.Http } } '^LockboxProxy,'
}
It 'where an own authority is not to be had, Connect says which version has it' {
    foreach ($version in @{ PSEdition = 'Desktop'; PSVersion = [version]'5.1' }, @{ PSEdition = 'Core'; PSVersion = [version]'7.2' }) {
        $record = Invoke-InModule {
            param($v, $file)
            $PSVersionTable = $v
            ConvertTo-LockboxTransport -Given @{ CaFile = $file } -Endpoint 'https://localhost/rpc'
        } @($version, $authority.File)
        Assert-Match $record.Exception.Message 'needs PowerShell 7\.3'
        Assert-Match $record.Exception.Data['remedy'] 'certificate store'
    }
}
It 'two runspaces trust two authorities at once' {
    $other = Start-Front -Certificate (New-TestCertificate $stranger server2)
    $script = "Connect-CustomerLockbox -Url '{0}' -Token '$($World.admin)' -CaFile '{1}'; foreach (`$n in 1..10) {{ (Get-OrganizationConfig).Name }}"
    $one = [powershell]::Create(); $null = $one.AddScript(($script -f $front.Https, $authority.File))
    $two = [powershell]::Create(); $null = $two.AddScript(($script -f $other.Https, $stranger.File))
    $waitOne = $one.BeginInvoke(); $waitTwo = $two.BeginInvoke()
    Assert-Equal @($one.EndInvoke($waitOne)).Count 10
    Assert-Equal @($two.EndInvoke($waitTwo)).Count 10
    $one.Dispose(); $two.Dispose()
    Assert-TlsFailure { Connect-Tls $other @{ CaFile = $authority.File } } 'TlsUntrusted' 'CaFile'
}
It 'a daemon of its own that speaks TLS and wants client certificates' {
    $home2 = "$($World.scratch)/daemon"
    $config = "$($World.scratch)/lockboxd.toml"
    $null = & chmod 600 $server.Key
    [System.IO.File]::WriteAllLines($config, [string[]]@('[tls]', 'listen = ["127.0.0.1:0"]', "certificate = `"$($server.File)`"", "key = `"$($server.Key)`"", "client_ca = `"$($authority.File)`""))
    $token = & $World.lockboxd init --data-dir $home2 --admin root@provider.example --output token
    $start = [System.Diagnostics.ProcessStartInfo]::new($World.lockboxd)
    foreach ($argument in 'serve', '--data-dir', $home2, '--listen', '127.0.0.1:0', '--config', $config) { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $daemon = [System.Diagnostics.Process]::Start($start)
    try {
        do { $line = $daemon.StandardOutput.ReadLine() } until ($null -eq $line -or $line -match 'https://[\d.]+:(\d+)')
        Assert-True ($null -ne $line) 'it listens'
        $url = "https://localhost:$($Matches[1])"
        $way = @{ Url = $url; Token = $token; CaFile = $authority.File }
        Assert-Equal (Connect-CustomerLockbox @way -ClientCertificate $client.File -ClientKey $client.Key -PassThru).UserPrincipalName 'root@provider.example'
        Assert-Equal (Invoke-CustomerLockboxMethod system.info).product 'Customer Lockbox'
        $record = Assert-Throws { Connect-CustomerLockbox @way } '^Lockbox(TlsClientCertificate|ConnectionLost),'
        Assert-Match $record.ErrorDetails.RecommendedAction '-ClientCertificate'
        Assert-TlsFailure { Connect-CustomerLockbox -Url $url -Token $token } 'TlsUntrusted' 'CaFile'
    }
    finally {
        if (-not $daemon.HasExited) { $daemon.Kill() }
        $null = $daemon.WaitForExit(10000)
        $daemon.Dispose()
    }
}
Stop-Fronts
Complete-Tests
