# Every example of the help is run, as it stands, by somebody who may.
. "$PSScriptRoot/Harness.ps1"
. "$PSScriptRoot/Front.ps1"
Set-Location $World.scratch
# What the examples of Connect-CustomerLockbox name: a vault, a daemon behind TLS, and a proxy.
$secure = ConvertTo-SecureString -String $World.admin -AsPlainText -Force
$credential = [pscredential]::new('lockbox', $secure)
$proxyCredential = [pscredential]::new('anna', (ConvertTo-SecureString 'word' -AsPlainText -Force))
$authority = New-TestAuthority company
$tls = Start-Front -Certificate (New-TestCertificate $authority server)
$proxy = Start-Front -User 'anna:word'
$null = New-Item -ItemType Directory -Path "$($World.scratch)/modules"
Copy-Item -Recurse -Path "$PSScriptRoot/stubs/Microsoft.PowerShell.SecretManagement" -Destination "$($World.scratch)/modules"
$env:PSModulePath = "$($World.scratch)/modules$([System.IO.Path]::PathSeparator)$env:PSModulePath"
$env:LOCKBOX_TEST_SECRETS = "$($World.scratch)/secrets.xml"
[pscustomobject]@{ Name = 'lockbox-token'; Vault = 'CompanyVault'; Secret = $secure } | Export-Clixml -Path $env:LOCKBOX_TEST_SECRETS
# And a policy with a calendar, in force and as a file, and holidays.
$policy = '{"format": "lockbox-policy/1", "calendars": {"office": {"zone": "Europe/Zurich", "weekly": {"monday-friday": ["08:00-17:00"]}}}}'
[System.IO.File]::WriteAllText("$($World.scratch)/office.policy.json", $policy)
[System.IO.File]::WriteAllText("$($World.scratch)/holidays.ics", "BEGIN:VCALENDAR`nBEGIN:VEVENT`nDTSTART;VALUE=DATE:20200801`nRRULE:FREQ=YEARLY`nEND:VEVENT`nEND:VCALENDAR`n")
$null = Invoke-Rpc $World.admin 'policy.put' @{ document = ($policy | ConvertFrom-Json -AsHashtable) }
# And one webhook, of an event that does not happen here, so that nothing is posted.
function Reset-TestWebhook {
    foreach ($webhook in (Invoke-Rpc $World.admin 'webhook.list').webhooks) { $null = Invoke-Rpc $World.admin 'webhook.remove' @{ webhookId = $webhook.webhookId } }
    $null = Invoke-Rpc $World.admin 'webhook.create' @{ name = 'SIEM'; url = 'https://93.184.215.14/siem'; format = 'json'; events = @('emergencyReported') }
}
# And one text of a mail, as a file too.
$mail = @{ subject = 'Request'; text = '{{ request.reason }}' }
[System.IO.File]::WriteAllText("$($World.scratch)/mail.json", ($mail | ConvertTo-Json))
function Reset-TestTemplate {
    $null = Invoke-Rpc $World.admin 'template.put' ($mail + @{ event = 'requestArrived'; language = 'en' })
}

function Invoke-Example {
    # Runs one example's code against a daemon where everything that examples name exists.
    param([string]$Command, [string]$Example)
    Deny-TestRequests
    if ($Command -match 'Webhook$') { Reset-TestWebhook }
    if ($Command -match 'Template$') { Reset-TestTemplate }
    $who = 'admin'
    $url = $World.url
    $token = $World.admin
    $code = $null
    # The examples speak of contoso and EXSR123456; here they are this file's tenant and a fresh request.
    if ($Command -match 'EmergencyAccess$') { $made = New-TestEmergency }
    else { $made = New-TestRequest -Internal:($Command -eq 'Confirm-AccessToCustomerDataRequest') }
    if ($Command -match '^(Test-Acc|Write-|Wait-)' -or ($Command -notmatch 'EmergencyAccess$' -and $Example -match 'Cancel')) {
        $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Approve' }
    }
    if ($Command -match '^(New|Test|Write)-' -and $Command -notmatch '(Policy|Webhook)$') { $who = 'engineer' }
    if ($Command -match '^(Confirm|Stop)-Access') { $who = 'manager' }
    if ($Example -match '-Code') {
        $code = (Invoke-Rpc $World.admin 'principal.create' @{ kind = 'person'; address = "help$(Get-Random)@x.example"; displayName = 'Help'; roles = @(@{ role = 'SecurityReader' }) }).enrolmentCode
    }
    $text = $Example.Replace('contoso.onmicrosoft.com', $World.tenant).Replace('EXSR123456', $made.requestId).Replace('https://lockbox.contoso.com:8443', $tls.Https).Replace('https://hooks.contoso.com', 'https://93.184.215.14').Replace('http://proxy.contoso.com:3128', $proxy.Http)
    Assert-Match $text ([regex]::Escape($Command))
    $env:LOCKBOX_URL = $url; $env:LOCKBOX_TOKEN = $World.$who
    try {
        $output = & ([scriptblock]::Create($text)) 6>$null
    }
    finally {
        $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
        Disconnect-CustomerLockbox
        $after = Invoke-Rpc $World.manager 'request.get' @{ requestId = $made.identity }
        if ($after.request.state -in 'InternalReview', 'Pending', 'Approved') {
            $null = Invoke-Rpc $World.engineer $(if ($after.request.state -eq 'Approved') { 'request.complete' } else { 'request.withdraw' }) @{ requestId = $made.identity }
        }
    }
    $output
}

# This loop adds 68 tests.
foreach ($command in (Get-Module CustomerLockbox).ExportedFunctions.Keys | Sort-Object) {
    It "every example of $command runs" {
        $examples = @((Get-Help -Name $command -Full).examples.example)
        Assert-True ($examples.Count -gt 0)
        foreach ($example in $examples) {
            try {
                $null = Invoke-Example $command $example.code
            }
            catch {
                throw "$($example.code): $_ $($_.ScriptStackTrace)"
            }
        }
    }
    It "Get-Help knows $command" {
        $help = Get-Help -Name $command -Full
        foreach ($part in $help.Synopsis, "$($help.description.Text)", "$($help.returnValues.returnValue.type.name)") {
            Assert-True (-not [string]::IsNullOrWhiteSpace($part))
        }
        $common = @([System.Management.Automation.Cmdlet]::CommonParameters) + @([System.Management.Automation.Cmdlet]::OptionalCommonParameters)
        foreach ($name in (Get-Command $command).Parameters.Keys | Where-Object { $_ -notin $common }) {
            $described = @($help.parameters.parameter | Where-Object { $_.name -eq $name })
            Assert-Equal $described.Count 1 "-$name"
            Assert-True (-not [string]::IsNullOrWhiteSpace("$($described[0].description.Text)")) "-$name"
        }
    }
}
It 'Get-Help -Online knows a page for every command: the documented one where there is one' {
    $documented = (Get-Content -Raw -Path "$PSScriptRoot/golden/documented.json" | ConvertFrom-Json -AsHashtable).Keys
    Assert-True ($documented.Count -ge 5)
    foreach ($command in (Get-Module CustomerLockbox).ExportedFunctions.Values) {
        Assert-True ([uri]::IsWellFormedUriString($command.HelpUri, 'Absolute')) "$($command.Name): $($command.HelpUri)"
        Assert-Match $command.HelpUri '^https://learn\.microsoft\.com/(powershell/module/exchangepowershell|purview)/[a-z-]+$'
        if ($command.Name -in $documented) { Assert-Equal $command.HelpUri.Split('/')[-1] $command.Name.ToLowerInvariant() }
    }
}
It 'about_CustomerLockbox is there, and lists every error with its category' {
    $text = "$(Get-Help about_CustomerLockbox)"
    $kinds = [regex]::Matches([System.IO.File]::ReadAllText("$((Get-Module CustomerLockbox).ModuleBase)/Private/New-LockboxTransportError.ps1"), '(?m)^        (\w+) += @\(''(\w+)''')
    Assert-True ($kinds.Count -gt 8)
    foreach ($kind in $kinds) {
        $id = 'Lockbox' + $kind.Groups[1].Value.Substring(0, 1).ToUpperInvariant() + $kind.Groups[1].Value.Substring(1)
        Assert-Match $text "(?m)^    $id +$($kind.Groups[2].Value) +\S"
    }
    # And every other one: of the module, wherever it makes one, and of the daemon.
    $source = (Get-ChildItem -Path (Get-Module CustomerLockbox).ModuleBase -Recurse -Filter *.ps1 | ForEach-Object { [System.IO.File]::ReadAllText($_.FullName) }) -join "`n"
    $own = @{}
    foreach ($made in [regex]::Matches($source, "New-LockboxError -Code '(\w+)' -Category (\w+)")) { $own[$made.Groups[1].Value] += @($made.Groups[2].Value) }
    $made = @([regex]::Matches($source, "New-LockboxError -Code (?!\`$)").Count, [regex]::Matches($source, "New-LockboxError -Code '\w+' -Category \w+").Count)
    Assert-Equal $made[0] $made[1] 'every place is understood here'
    Assert-True ($own.Count -gt 8)
    $daemon = @(([System.IO.File]::ReadAllText("$PSScriptRoot/../../schemas/errors.json") | ConvertFrom-Json).code)
    Assert-True ($daemon.Count -gt 20)
    $listed = @([regex]::Matches($text, '(?m)^    Lockbox(\w+) +(\w+)') | ForEach-Object { $_.Groups[1].Value.Substring(0, 1).ToLowerInvariant() + $_.Groups[1].Value.Substring(1) })
    Assert-Equal @($listed | Sort-Object -CaseSensitive) @(@($own.Keys) + $daemon + @($kinds.ForEach({ $_.Groups[1].Value })) + 'rpcError' | Sort-Object -Unique -CaseSensitive)
    foreach ($id in [regex]::Matches($text, '(?m)^    Lockbox(\w+) +(\w+)')) {
        $code = $id.Groups[1].Value.Substring(0, 1).ToLowerInvariant() + $id.Groups[1].Value.Substring(1)
        if ($kinds.ForEach({ $_.Groups[1].Value }) -ccontains $code) { continue }
        if ($own.ContainsKey($code) -and $daemon -cnotcontains $code) { Assert-True ($own[$code] -contains $id.Groups[2].Value) $code; continue }
        Assert-Equal "$((Invoke-InModule { param($c) Get-LockboxErrorClass -Code $c } @($code)).Category)" $id.Groups[2].Value $code
    }
}
It 'help and examples compare dates with UtcNow, and CI lines set the preference' {
    foreach ($file in Get-ChildItem -Path "$((Get-Module CustomerLockbox).ModuleBase)/Public" -Filter *.ps1) {
        $text = [System.IO.File]::ReadAllText($file.FullName)
        Assert-True ($text -notmatch '-(lt|gt|le|ge) \(?Get-Date') $file.Name
    }
}
Stop-Fronts
Complete-Tests
