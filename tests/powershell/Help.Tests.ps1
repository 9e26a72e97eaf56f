# Every example of the help is run, as it stands, by somebody who may.
. "$PSScriptRoot/Harness.ps1"
Set-Location $World.scratch

function Invoke-Example {
    # Runs one example's code against a daemon where everything that examples name exists.
    param([string]$Command, [string]$Example)
    Deny-TestRequests
    $who = 'admin'
    $url = $World.url
    $token = $World.admin
    $code = $null
    # The examples speak of contoso and EXSR123456; here they are this file's tenant and a fresh request.
    $made = New-TestRequest -Internal:($Command -eq 'Confirm-AccessToCustomerDataRequest')
    if ($Command -match '^(Test-|Write-)' -or $Example -match 'Cancel') {
        $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Approve' }
    }
    if ($Command -match '^(New|Test|Write)-') { $who = 'engineer' }
    if ($Command -match '^(Confirm|Stop)-') { $who = 'manager' }
    if ($Example -match '-Code') {
        $code = (Invoke-Rpc $World.admin 'principal.create' @{ kind = 'person'; address = "help$(Get-Random)@x.example"; displayName = 'Help'; roles = @(@{ role = 'SecurityReader' }) }).enrolmentCode
    }
    $text = $Example.Replace('contoso.onmicrosoft.com', $World.tenant).Replace('EXSR123456', $made.requestId)
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

# This loop adds 32 tests.
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
It 'help and examples compare dates with UtcNow, and CI lines set the preference' {
    foreach ($file in Get-ChildItem -Path "$((Get-Module CustomerLockbox).ModuleBase)/Public" -Filter *.ps1) {
        $text = [System.IO.File]::ReadAllText($file.FullName)
        Assert-True ($text -notmatch '-(lt|gt|le|ge) \(?Get-Date') $file.Name
    }
}
Complete-Tests
