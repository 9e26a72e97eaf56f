. "$PSScriptRoot/Harness.ps1"
$stub = "$PSScriptRoot/stubs/ExchangeOnlineManagement/ExchangeOnlineManagement.psm1"
$connect = "Connect-CustomerLockbox -Url '$($World.url)' -Token '$($World.admin)'"

function Invoke-Fresh {
    # Output and warnings of a new runspace.
    param([string]$Script)
    $ps = [powershell]::Create()
    try {
        $null = $ps.AddScript($Script)
        $output = @($ps.Invoke())
        if ($ps.Streams.Error.Count -gt 0) { throw "$($ps.Streams.Error)" }
        [pscustomobject]@{ Output = $output; Warnings = @($ps.Streams.Warning | ForEach-Object { "$_" }) }
    }
    finally {
        $ps.Dispose()
    }
}

It 'imported after the other module, ours hides it, and says so once, by name' {
    $seen = Invoke-Fresh "Import-Module '$stub'; Import-Module CustomerLockbox; $connect; $connect; (Get-OrganizationConfig).Name"
    Assert-Equal $seen.Output[0] $World.tenant
    Assert-Equal $seen.Warnings.Count 1
    Assert-Match $seen.Warnings[0] 'CustomerLockbox hides .*ExchangeOnlineManagement: Get-OrganizationConfig, Search-UnifiedAuditLog, Set-OrganizationConfig\.'
    Assert-True ($seen.Warnings[0] -notmatch 'Get-Mailbox')
}
It 'imported before the other module, ours is hidden, and says so once, by name' {
    $seen = Invoke-Fresh "Import-Module CustomerLockbox; Import-Module '$stub'; $connect; $connect; Get-OrganizationConfig; (CustomerLockbox\Get-OrganizationConfig).Name"
    Assert-Equal $seen.Output @('theirs', $World.tenant)
    Assert-Equal $seen.Warnings.Count 1
    Assert-Match $seen.Warnings[0] 'ExchangeOnlineManagement hides .*CustomerLockbox: Get-OrganizationConfig, Search-UnifiedAuditLog, Set-OrganizationConfig\.'
}
It 'a prefix avoids the clash, without a warning' {
    $seen = Invoke-Fresh "Import-Module '$stub'; Import-Module CustomerLockbox -Prefix Lockbox; Connect-LockboxCustomerLockbox -Url '$($World.url)' -Token '$($World.admin)'; Get-OrganizationConfig; (Get-LockboxOrganizationConfig).Name"
    Assert-Equal $seen.Output @('theirs', $World.tenant)
    Assert-Equal $seen.Warnings.Count 0
}
It 'module-qualified names work, whoever came last' {
    $seen = Invoke-Fresh "Import-Module CustomerLockbox; Import-Module '$stub'; $connect; @(CustomerLockbox\Search-UnifiedAuditLog -StartDate 2020-01-01 -EndDate 2021-01-01).Count; ExchangeOnlineManagement\Search-UnifiedAuditLog"
    Assert-Equal $seen.Output @(0, 'theirs')
}
It 'without a clash there is no warning' {
    Assert-Equal (Invoke-Fresh "Import-Module CustomerLockbox; $connect").Warnings.Count 0
}
It 'importing changes no setting, and nothing is set without a connection' {
    $before = (Invoke-Rpc $World.admin 'policy.get').settings | ConvertTo-Json
    $seen = Invoke-Fresh "Import-Module CustomerLockbox; try { Set-OrganizationConfig -CustomerLockboxEnabled `$false } catch { `$_.FullyQualifiedErrorId }"
    Assert-Equal $seen.Output @('LockboxNotConnected,Set-OrganizationConfig')
    Assert-Equal ((Invoke-Rpc $World.admin 'policy.get').settings | ConvertTo-Json) $before
}
It 'no file of the module calls a public name, Write-Error, throw or exit' {
    $public = (Get-Module CustomerLockbox).ExportedFunctions.Keys
    foreach ($file in Get-ChildItem -Path (Get-Module CustomerLockbox).ModuleBase -Recurse -Include *.ps1, *.psm1) {
        $ast = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref]$null, [ref]$null)
        foreach ($command in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
            $name = $command.GetCommandName()
            if ($name -in $public -or $name -eq 'Write-Error') { throw "$($file.Name) calls $name" }
        }
        $leaves = $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.ThrowStatementAst] -or $args[0] -is [System.Management.Automation.Language.ExitStatementAst] }, $true)
        Assert-Equal @($leaves).Count 0 $file.Name
    }
}
It 'removing the module leaves nothing behind' {
    $seen = Invoke-Fresh "Import-Module CustomerLockbox; Remove-Module CustomerLockbox; @(Get-Module CustomerLockbox).Count; @(Get-Command -Name '*Lockbox*' -CommandType Function -ErrorAction SilentlyContinue | Where-Object { -not `$_.Source }).Count"
    Assert-Equal $seen.Output @(0, 0)
}
Complete-Tests
