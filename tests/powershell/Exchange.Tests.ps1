# The opt-in module ExchangeOnlineManagement: scripts written for Exchange Online run as they are.
. "$PSScriptRoot/Harness.ps1"

function Invoke-Script {
    # A script in a process of its own: output, and exit code. The environment says where and as whom.
    param([string]$File, [string[]]$Arguments, [string]$Token = $World.admin)
    $before = $env:LOCKBOX_URL, $env:LOCKBOX_TOKEN
    $env:LOCKBOX_URL = $World.url
    $env:LOCKBOX_TOKEN = $Token
    try {
        $lines = @(& $World.pwsh -NoProfile -NonInteractive -File "$PSScriptRoot/scripts/$File" @Arguments 2>&1 | ForEach-Object { "$_" })
        [pscustomobject]@{ Lines = $lines; Code = $LASTEXITCODE }
    }
    finally { $env:LOCKBOX_URL, $env:LOCKBOX_TOKEN = $before }
}
function Invoke-Fresh {
    # A new runspace with the module imported; $env:LOCKBOX_* as given.
    param([string]$Script, [string]$Token = $World.admin)
    $ps = [powershell]::Create()
    $env:LOCKBOX_URL = $World.url
    $env:LOCKBOX_TOKEN = $Token
    try {
        $null = $ps.AddScript("`$ErrorActionPreference = 'Stop'; Import-Module ExchangeOnlineManagement; $Script")
        $output = [System.Collections.Generic.List[psobject]]::new()
        $fault = ''
        try {
            $ps.Invoke($null, $output)
        }
        catch {
            $record = $_.Exception.InnerException.ErrorRecord
            $fault = "$($record.FullyQualifiedErrorId): $record $($record.ErrorDetails.RecommendedAction)"
        }
        [pscustomobject]@{
            Output   = @($output)
            Fault    = $fault
            Warnings = @($ps.Streams.Warning | ForEach-Object { "$_" })
            Verbose  = @($ps.Streams.Verbose | ForEach-Object { "$_" })
            Host     = @($ps.Streams.Information | ForEach-Object { "$_" })
        }
    }
    finally {
        $ps.Dispose()
        $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
    }
}
$quiet = 'Connect-ExchangeOnline -ShowBanner:$false'

It 'an unmodified paging script reads every record once' {
    $made = 1..12 | ForEach-Object { $request = New-TestRequest; $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $request.identity; decision = 'Deny' }; $request }
    $run = Invoke-Script audit-pages.ps1 @('Set-AccessToCustomerDataRequest', '5')
    Assert-Equal $run.Code 0 "$($run.Lines)"
    Assert-Equal @($run.Lines | Where-Object { $_ -like 'Page*' }) @('Page 1 ends with 5 of 12', 'Page 2 ends with 10 of 12', 'Page 3 ends with 12 of 12')
    $records = @($run.Lines | Where-Object { $_ -match '^BOXServiceAccount@\S+ Set-AccessToCustomerDataRequest ' } | ForEach-Object { $_.Split(' ')[-1] })
    Assert-Equal @($records | Sort-Object) @($made.identity | Sort-Object)
    # Beside them only the warning that the session is at its end.
    Assert-Equal @($run.Lines | Where-Object { $_ -notlike 'Page*' -and $_ -notlike 'BOX*' -and $_ -notlike '*has returned all of its 12 records*' }) @()
}
It 'an unmodified script that wants version 3 and signs in with a certificate decides' {
    $made = 1..2 | ForEach-Object { New-TestRequest }
    $run = Invoke-Script deny-all.ps1 @($World.tenant)
    Assert-Equal $run.Lines @('True', 'True', 'Connected', '0')
    Assert-Equal $run.Code 0
    foreach ($request in $made) { Assert-Equal (Get-TestState $request.identity) 'Denied' }
}
It 'the version satisfies what scripts ask for, and not more' {
    $module = @(Get-Module -ListAvailable -Name ExchangeOnlineManagement)
    Assert-Equal $module.Count 1
    Assert-Equal $module[0].Version.Major 3
    Assert-Equal @($module[0].ExportedFunctions.Keys | Sort-Object) @('Connect-ExchangeOnline', 'Disconnect-ExchangeOnline', 'Get-ConnectionInformation')
}
It 'the documented commands are ours, and nothing warns of a clash' {
    $seen = Invoke-Fresh "$quiet; (Get-Command Search-UnifiedAuditLog, Get-AccessToCustomerDataRequest, Set-OrganizationConfig).Source | Sort-Object -Unique; Import-Module CustomerLockbox; Connect-CustomerLockbox; (Get-OrganizationConfig).Name"
    Assert-Equal $seen.Output @('CustomerLockbox', $World.tenant) $seen.Fault
    Assert-Equal $seen.Warnings @()
}
It 'a real module of that name still warns' {
    $stub = "$PSScriptRoot/stubs/ExchangeOnlineManagement/ExchangeOnlineManagement.psm1"
    $seen = Invoke-Fresh "Import-Module '$stub'; Connect-CustomerLockbox"
    Assert-Match "$($seen.Warnings)" 'ExchangeOnlineManagement hides these commands of CustomerLockbox'
}
It 'it connects under a global WhatIf or Confirm preference, as the real one does, and only the decisions heed it' {
    $made = New-TestRequest
    $decide = "Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $($made.identity)"
    $seen = Invoke-Fresh "`$global:WhatIfPreference = `$true; $quiet; (Get-ConnectionInformation).ConnectionUri; $decide; (Get-AccessToCustomerDataRequest -RequestId $($made.identity)).State"
    Assert-Equal $seen.Output @($World.url, 'Pending') $seen.Fault
    $seen = Invoke-Fresh "`$global:ConfirmPreference = 'Low'; $quiet; (Get-ConnectionInformation).ConnectionUri"
    Assert-Equal $seen.Output @($World.url) $seen.Fault
    Deny-TestRequests
}
It 'the banner says where and as whom, and that it is not Exchange Online; -ShowBanner:$false leaves it out' {
    $seen = Invoke-Fresh 'Connect-ExchangeOnline'
    Assert-Match "$($seen.Host)" "$([regex]::Escape($World.url)) as admin@$($World.tenant) of $($World.tenant)\. This is not Exchange Online"
    Assert-Equal @((Invoke-Fresh $quiet).Host).Count 0
    Assert-Equal @($seen.Output).Count 0
}
It 'every documented parameter is taken; what changes nothing is said with -Verbose, and no secret is' {
    $seen = Invoke-Fresh @"
`$secret = [securestring]::new(); 'hush-hush'.ToCharArray() | ForEach-Object { `$secret.AppendChar(`$_) }
`$key = [System.Security.Cryptography.RSA]::Create(2048)
`$request = [System.Security.Cryptography.X509Certificates.CertificateRequest]::new('CN=x', `$key, 'SHA256', [System.Security.Cryptography.RSASignaturePadding]::Pkcs1)
`$certificate = `$request.CreateSelfSigned([datetimeoffset]::UtcNow, [datetimeoffset]::UtcNow.AddDays(1))
`$all = @{ ConnectionUri = 'https://outlook.example'; AzureADAuthorizationEndpointUri = 'https://login.example'; ExchangeEnvironmentName = 'O365USGovDoD'
PSSessionOption = New-PSSessionOption; DelegatedOrganization = '$($World.tenant)'; Prefix = ''; CommandName = 'Get-Mailbox', 'Search-UnifiedAuditLog'; FormatTypeName = '*'
AccessToken = 'jwt-hush-hush'; AppId = 'app'; BypassMailboxAnchoring = `$true; Certificate = `$certificate; CertificateFilePath = './c.pfx'; CertificatePassword = `$secret
CertificateThumbprint = '0123'; Credential = [pscredential]::new('admin', `$secret); Device = `$true; DisableWAM = `$true; EnableErrorReporting = `$true; EXOModuleBasePath = '/tmp'
InlineCredential = `$true; LoadCmdletHelp = `$true; LogDirectoryPath = '/tmp'; LogLevel = 'All'; ManagedIdentity = `$true; ManagedIdentityAccountId = 'id'
Organization = '$($World.tenantId)'; PageSize = 500; ShowBanner = `$false; ShowProgress = `$true; SigningCertificate = `$certificate; SkipLoadingCmdletHelp = `$true
SkipLoadingFormatData = `$true; TrackPerformance = `$true; UseMultithreading = `$true; UserPrincipalName = 'a@b.example'; UseRPSSession = `$true }
Connect-ExchangeOnline @all -Verbose; `$all.Count; (Get-ConnectionInformation).ConnectionUri
"@
    Assert-Equal $seen.Output @(37, $World.url) $seen.Fault
    Assert-Equal $seen.Warnings @()
    $said = @($seen.Verbose | Where-Object { $_ -match '^-(\w+) changes nothing' })
    Assert-Equal $said.Count 33 'all but Organization, DelegatedOrganization, Prefix and ShowBanner'
    Assert-True ("$($seen.Verbose)" -notmatch 'hush|lbt_')
}
It 'the first eight parameters go by position, as documented' {
    $seen = Invoke-Fresh "Connect-ExchangeOnline https://outlook.example https://login.example O365Default (New-PSSessionOption) $($World.tenant) Cloud -ShowBanner:`$false; (Get-ConnectionInformation).ModulePrefix"
    Assert-Equal $seen.Output @('Cloud') $seen.Fault
}
It 'an organization that is not the token''s is a warning' {
    $seen = Invoke-Fresh "$quiet -Organization fabrikam.onmicrosoft.com; (Get-OrganizationConfig).Name"
    Assert-Match "$($seen.Warnings)" "-Organization says fabrikam.onmicrosoft.com, but .* belongs to $([regex]::Escape($World.tenant))"
    Assert-Equal $seen.Output @($World.tenant) $seen.Fault
}
It 'a prefix adds names' {
    $seen = Invoke-Fresh "$quiet -Prefix Cloud; (Get-CloudOrganizationConfig).Name; @(Search-CloudUnifiedAuditLog -StartDate 2020-01-01 -EndDate 2020-01-02).Count; (Get-ConnectionInformation -ModulePrefix Cloud).ModulePrefix; @(Get-ConnectionInformation -ModulePrefix Other).Count"
    Assert-Equal $seen.Output @($World.tenant, 0, 'Cloud', 0) $seen.Fault
    Assert-Equal $seen.Warnings @()
}
It 'Get-ConnectionInformation has the documented properties, and never the token' {
    $seen = Invoke-Fresh "@(Get-ConnectionInformation).Count; $quiet; $quiet; Get-ConnectionInformation"
    Assert-Equal $seen.Output[0] 0
    $info = $seen.Output[1]
    Assert-Equal @($info.PSObject.Properties.Name) @('ConnectionId', 'State', 'Id', 'Name', 'UserPrincipalName', 'ConnectionUri', 'AzureAdAuthorizationEndpointUri', 'TokenExpiryTimeUTC',
        'CertificateAuthentication', 'ModuleName', 'ModulePrefix', 'Organization', 'DelegatedOrganization', 'AppId', 'PageSize', 'TenantID', 'TokenStatus', 'ConnectionUsedForInbuiltCmdlets', 'IsEopSession')
    Assert-Equal @($info.State, $info.Id, $info.Name, $info.UserPrincipalName, $info.ConnectionUri, $info.Organization, $info.TenantID, $info.TokenStatus, $info.PageSize) @(
        'Connected', 2, 'ExchangeOnline_2', "admin@$($World.tenant)", $World.url, $World.tenant, $World.tenantId, 'Active', 1000)
    Assert-Equal $info.TokenExpiryTimeUTC.Kind.ToString() 'Utc'
    Assert-True ((ConvertTo-Json $info -Depth 5) -notmatch 'lbt_')
}
It 'a token that was revoked shows as expired' {
    $made = Invoke-Rpc $World.admin 'principal.create' @{ kind = 'robot'; displayName = 'short'; roles = @(@{ role = 'SecurityReader' }) }
    $global:Revoke = { foreach ($token in (Invoke-Rpc $World.admin 'token.list' @{ principal = $made.principal.principalId }).tokens) { $null = Invoke-Rpc $World.admin 'token.revoke' @{ tokenId = $token.tokenId } } }
    $ps = [powershell]::Create()
    $env:LOCKBOX_URL = $World.url; $env:LOCKBOX_TOKEN = $made.token
    try {
        $before = $ps.AddScript("Import-Module ExchangeOnlineManagement; $quiet; Get-ConnectionInformation").Invoke()
        & $global:Revoke
        $ps.Commands.Clear()
        $after = $ps.AddScript('Get-ConnectionInformation').Invoke()
    }
    finally { $ps.Dispose(); $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null }
    Assert-Equal @($before[0].TokenStatus, $before[0].UserPrincipalName, $after[0].TokenStatus, $after[0].UserPrincipalName) @('Active', 'short', 'Expired', 'short')
}
It 'without a token the error says what to set; a bad one is told apart' {
    $seen = Invoke-Fresh 'Connect-ExchangeOnline -AccessToken eyJhbGciOi' -Token ''
    Assert-Match $seen.Fault 'LockboxUsage.*LOCKBOX_TOKEN'
    $seen = Invoke-Fresh 'Connect-ExchangeOnline' -Token "lbt_$('x' * 43)"
    Assert-Match $seen.Fault 'LockboxUnauthenticated'
}
It 'Disconnect-ExchangeOnline asks, and -Confirm:$false does not; another id or prefix ends nothing' {
    $seen = Invoke-Fresh "$quiet; Disconnect-ExchangeOnline -ConnectionId ([guid]::NewGuid()) -Confirm:`$false; Disconnect-ExchangeOnline -ModulePrefix Other -Confirm:`$false; @(Get-ConnectionInformation).Count; Disconnect-ExchangeOnline -WhatIf; @(Get-ConnectionInformation).Count
        Get-ConnectionInformation | Disconnect-ExchangeOnline -Confirm:`$false; @(Get-ConnectionInformation).Count; Disconnect-ExchangeOnline -Confirm:`$false; $quiet; Disconnect-ExchangeOnline"
    Assert-Equal $seen.Output @(1, 1, 0) $seen.Fault
    Assert-Match $seen.Fault '-Confirm:\$false'
}
It 'a connection that ours has replaced is not shown as this one' {
    $seen = Invoke-Fresh "$quiet; Connect-CustomerLockbox -Token '$($World.reader)'; @(Get-ConnectionInformation).Count"
    Assert-Equal $seen.Output @(0) $seen.Fault
}
It 'what a calling script has set is honoured' {
    $file = "$($World.scratch)/preferences.ps1"
    [System.IO.File]::WriteAllText($file, "`$VerbosePreference = 'Continue'; Connect-ExchangeOnline -ShowBanner:`$false -Device; `$ConfirmPreference = 'None'; Disconnect-ExchangeOnline; @(Get-ConnectionInformation).Count")
    $seen = Invoke-Fresh "& '$file'"
    Assert-Match "$($seen.Verbose)" '-Device changes nothing'
    Assert-Equal $seen.Output @(0) $seen.Fault
}
Complete-Tests
