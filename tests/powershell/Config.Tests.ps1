. "$PSScriptRoot/Harness.ps1"
Connect-As admin

It 'Get-OrganizationConfig tells CustomerLockboxEnabled, which is on for a new tenant' {
    $config = Get-OrganizationConfig
    Assert-Equal $config.CustomerLockboxEnabled $true
    Assert-Equal ($config | Select-Object CustomerLockBoxEnabled).CustomerLockBoxEnabled $true 'as benchmarks read it'
    Assert-Equal $config.Name $World.tenant
    Assert-Equal $config.Identity $World.tenant
    Assert-Equal "$($config.Guid)" $World.tenantId
    Assert-Equal $config.PSObject.TypeNames[0] 'CustomerLockbox.OrganizationConfig'
}
It 'Set-OrganizationConfig changes it' {
    Assert-Equal @(Set-OrganizationConfig -CustomerLockboxEnabled $false).Count 0
    Assert-Equal (Get-OrganizationConfig).CustomerLockboxEnabled $false
    Set-OrganizationConfig -CustomerLockboxEnabled 1
    Assert-Equal (Get-OrganizationConfig).CustomerLockboxEnabled $true
}
It 'a Boolean that was never set changes nothing' {
    $null = Assert-Throws { Set-OrganizationConfig -CustomerLockboxEnabled $missing }
    $null = Assert-Throws { Set-OrganizationConfig -CustomerLockboxEnabled '' }
    $null = Assert-Throws { Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $missing }
    Assert-Equal (Get-OrganizationConfig).CustomerLockboxEnabled $true
    $warning = @(Set-OrganizationConfig 3>&1)
    Assert-Match "$warning" 'nothing changed'
}
It '-WhatIf reads, says what would change, and changes nothing' {
    $before = (Invoke-Rpc $World.admin 'audit.search' @{ resultSize = 1 }).total
    $script = "Connect-CustomerLockbox -Url '$($World.url)' -Token '$($World.admin)'; Set-OrganizationConfig -CustomerLockboxEnabled `$false -WhatIf"
    $said = & $World.pwsh -NoProfile -NonInteractive -Command $script
    Assert-Match "$said" "What if: Set CustomerLockboxEnabled of $([regex]::Escape($World.tenant)) from True to False"
    Assert-Equal (Get-OrganizationConfig).CustomerLockboxEnabled $true
    Assert-Equal (Invoke-Rpc $World.admin 'audit.search' @{ resultSize = 1 }).total $before
}
It 'an approver may turn it on, not off' {
    Set-OrganizationConfig -CustomerLockboxEnabled $false
    Connect-As approver
    try {
        Set-OrganizationConfig -CustomerLockboxEnabled $true -WhatIf 6>$null
        Set-OrganizationConfig -CustomerLockboxEnabled $true
        Assert-Equal (Get-OrganizationConfig).CustomerLockboxEnabled $true
        $null = Assert-Throws { Set-OrganizationConfig -CustomerLockboxEnabled $false } 'CommandNotFoundException'
        $null = Assert-Throws { Set-OrganizationConfig -CustomerLockboxEnabled $false -WhatIf } 'CommandNotFoundException'
        $null = Assert-Throws { Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true -WhatIf } 'CommandNotFoundException'
    }
    finally {
        Connect-As admin
    }
}
It 'Get-AdminAuditLogConfig has the documented properties' {
    $config = Get-AdminAuditLogConfig
    Assert-Equal $config.UnifiedAuditLogIngestionEnabled $true
    Assert-Equal $config.UnifiedAuditLogFirstOptInDate.GetType().FullName 'System.DateTime'
    Assert-Equal ([string]$config.UnifiedAuditLogFirstOptInDate.Kind) 'Utc'
    Assert-True ($config.UnifiedAuditLogFirstOptInDate -le [datetime]::UtcNow.AddMinutes(1))
    Assert-Equal $config.AdminAuditLogEnabled $true
    Assert-Equal $config.LogLevel 'None'
    Assert-Equal $config.AdminAuditLogAgeLimit.ToString() '90.00:00:00'
    Assert-Equal $config.LoadBalancerCount 3
    Assert-Equal $config.TestCmdletLoggingEnabled $false
    Assert-Equal $config.Name 'Admin Audit Log Settings'
    Assert-Equal $config.Identity 'Admin Audit Log Settings'
    Assert-Equal (Get-AdminAuditLogConfig -DomainController dc1).Name $config.Name
}
It 'Set-AdminAuditLogConfig turns search off and on' {
    Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $false
    Assert-Equal (Get-AdminAuditLogConfig).UnifiedAuditLogIngestionEnabled $false
    'Admin Audit Log Settings' | Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true
    Assert-Equal (Get-AdminAuditLogConfig).UnifiedAuditLogIngestionEnabled $true
    Set-AdminAuditLogConfig 'Admin Audit Log Settings' -UnifiedAuditLogIngestionEnabled $true
}
It 'what has no effect is named in a warning' {
    $quiet = @(Set-AdminAuditLogConfig -AdminAuditLogEnabled $true -UnifiedAuditLogIngestionEnabled $true 3>&1)
    Assert-Equal $quiet.Count 0
    $warning = @(Set-AdminAuditLogConfig -AdminAuditLogEnabled $false -LogLevel Verbose -AdminAuditLogAgeLimit 1.00:00:00 3>&1)
    Assert-Equal $warning.Count 1
    Assert-Match "$warning" '-AdminAuditLogAgeLimit, -AdminAuditLogEnabled, -LogLevel'
}
It '-Force needs no confirmation' {
    $ConfirmPreference = 'Low'
    $null = Assert-Throws { Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true } 'LockboxCannotPrompt'
    Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true -Force
}
Complete-Tests
