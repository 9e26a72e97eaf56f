# Where a token may come from: a credential, or a vault of SecretManagement where that is installed.
. "$PSScriptRoot/Harness.ps1"
function ConvertTo-Secure {
    param([string]$Text)
    ConvertTo-SecureString -String $Text -AsPlainText -Force
}
$readerName = "reader@$($World.tenant)"
$adminName = "admin@$($World.tenant)"

It 'a credential''s password is the token, whatever its user name' {
    foreach ($name in 'lockbox', $adminName) {
        $connection = Connect-CustomerLockbox -Url $World.url -Credential ([pscredential]::new($name, (ConvertTo-Secure $World.admin))) -PassThru
        Assert-Equal $connection.UserPrincipalName $adminName
    }
    $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url -Credential ([pscredential]::new('x', (ConvertTo-Secure 'lbt_wrong'))) } 'LockboxUnauthenticated'
    $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url -Credential ([pscredential]::new('x', [securestring]::new())) } 'LockboxUsage.*token'
}
It 'a credential wins over the environment' {
    $env:LOCKBOX_TOKEN = $World.admin
    try {
        $connection = Connect-CustomerLockbox -Url $World.url -Credential ([pscredential]::new('x', (ConvertTo-Secure $World.reader))) -PassThru
    }
    finally {
        $env:LOCKBOX_TOKEN = $null
    }
    Assert-Equal $connection.UserPrincipalName $readerName
}
It 'only one of them can be named' {
    $credential = [pscredential]::new('x', (ConvertTo-Secure $World.admin))
    foreach ($more in @{ Token = 'x'; Credential = $credential }, @{ Credential = $credential; SecretName = 'x' }, @{ SecretName = 'x'; Code = 'y' }, @{ Token = 'x'; Vault = 'y' }) {
        $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url @more } 'AmbiguousParameterSet'
    }
}
It 'without SecretManagement, -SecretName says what to install' {
    $record = Assert-Throws { Connect-CustomerLockbox -Url $World.url -SecretName admin } '^LockboxNoSecretManagement,'
    Assert-Equal ([string]$record.CategoryInfo.Category) 'NotInstalled'
    Assert-Match $record.ErrorDetails.RecommendedAction 'Install the module Microsoft\.PowerShell\.SecretManagement'
}

# From here on it is installed, and nobody has loaded it.
$null = New-Item -ItemType Directory -Path "$($World.scratch)/modules"
Copy-Item -Recurse -Path "$PSScriptRoot/stubs/Microsoft.PowerShell.SecretManagement" -Destination "$($World.scratch)/modules"
$env:PSModulePath = "$($World.scratch)/modules$([System.IO.Path]::PathSeparator)$env:PSModulePath"
$env:LOCKBOX_TEST_SECRETS = "$($World.scratch)/secrets.xml"
@(
    [pscustomobject]@{ Name = 'admin'; Vault = 'First'; Secret = ConvertTo-Secure $World.admin }
    [pscustomobject]@{ Name = 'plain'; Vault = 'First'; Secret = $World.admin }
    [pscustomobject]@{ Name = 'credential'; Vault = 'First'; Secret = [pscredential]::new('x', (ConvertTo-Secure $World.admin)) }
    [pscustomobject]@{ Name = 'same'; Vault = 'First'; Secret = ConvertTo-Secure $World.admin }
    [pscustomobject]@{ Name = 'same'; Vault = 'Second'; Secret = ConvertTo-Secure $World.reader }
    [pscustomobject]@{ Name = 'table'; Vault = 'First'; Secret = @{ token = $World.admin } }
) | Export-Clixml -Path $env:LOCKBOX_TEST_SECRETS

It 'a secret is the token, as secure string, text or credential; the module is loaded when it is needed' {
    foreach ($name in 'admin', 'plain', 'credential') {
        $connection = Connect-CustomerLockbox -Url $World.url -SecretName $name -PassThru
        Assert-Equal $connection.UserPrincipalName $adminName $name
    }
    Assert-True ($null -ne (Get-Module Microsoft.PowerShell.SecretManagement))
}
It '-Vault says in which vault' {
    Assert-Equal (Connect-CustomerLockbox -Url $World.url -SecretName same -Vault Second -PassThru).UserPrincipalName $readerName
    Assert-Equal (Connect-CustomerLockbox -Url $World.url -SecretName same -Vault First -PassThru).UserPrincipalName $adminName
    $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url -SecretName same -Vault Third } '^LockboxSecretUnavailable,'
}
It 'a secret that cannot be read says why, once' {
    Connect-As admin
    foreach ($case in @('missing', 'was not found'), @('locked', 'vault is locked')) {
        $Error.Clear()
        $record = Assert-Throws { Connect-CustomerLockbox -Url $World.url -SecretName $case[0] } '^LockboxSecretUnavailable,'
        Assert-Equal $Error.Count 1
        Assert-Match $record.Exception.Message $case[1]
        Assert-Match $record.ErrorDetails.RecommendedAction 'vault'
        Assert-Equal ([string]$record.CategoryInfo.Category) 'ResourceUnavailable'
    }
    $record = Assert-Throws { Connect-CustomerLockbox -Url $World.url -SecretName table } '^LockboxUsage,'
    Assert-True (-not ($record | Format-List * -Force | Out-String).Contains($World.admin))
    $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url -SecretName '' } '^LockboxUsage,'
    Assert-Equal (Get-CustomerLockboxConnection).UserPrincipalName $adminName 'the connection stayed'
}
It 'the caller''s own Get-Secret is not taken for it' {
    function global:Get-Secret { 'lbt_of-somebody-else' }
    try {
        Assert-Equal (Connect-CustomerLockbox -Url $World.url -SecretName admin -PassThru).UserPrincipalName $adminName
    }
    finally {
        Remove-Item -Path function:global:Get-Secret
    }
}
Complete-Tests
