# Proxies: one that was named, the system's, none, and those that are refused.
. "$PSScriptRoot/Harness.ps1"
. "$PSScriptRoot/Front.ps1"

It 'calls go through the proxy that was named, with its credential' {
    $proxy = Start-Front -User 'anna:word'
    $credential = [pscredential]::new('anna', (ConvertTo-SecureString 'word' -AsPlainText -Force))
    Connect-CustomerLockbox -Url $World.url -Token $World.admin -Proxy $proxy.Http -ProxyCredential $credential
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant
    $calls = @(Get-FrontCalls $proxy)
    Assert-True ($calls.Count -ge 2)
    Assert-Equal $calls[0].path "$($World.url)/rpc"
    $null = Assert-Failure { Connect-CustomerLockbox -Url $World.url -Token $World.admin -Proxy $proxy.Http } 'Proxy' 'ConnectionError' '-ProxyCredential'
    $null = Assert-Failure { Connect-CustomerLockbox -Url https://0.0.0.0:1 -Token x -Proxy $proxy.Http } 'Proxy' 'ConnectionError' '-NoProxy'
}
It 'the system''s proxy is used for https addresses, and -NoProxy leaves it aside' {
    $proxy = Start-Front
    $script = "`$r = try { Connect-CustomerLockbox -Url https://0.0.0.0:1 -Token x {0} } catch { `$_.FullyQualifiedErrorId }; `$r"
    $answers = foreach ($option in '', '-NoProxy') {
        $env:HTTPS_PROXY = $proxy.Http; $env:NO_PROXY = $null
        try { & $World.pwsh -NoProfile -NonInteractive -Command "Import-Module CustomerLockbox; $($script.Replace('{0}', $option))" } finally { $env:HTTPS_PROXY = $null }
    }
    Assert-Equal @($answers | ForEach-Object { $_.Split(',')[0] }) @('LockboxProxy', 'LockboxConnection')
    Assert-Equal @((Get-FrontCalls $proxy).path) @('0.0.0.0:1')
}
It 'a proxy that would see the token, or makes no sense, is refused' {
    $credential = [pscredential]::new('anna', (ConvertTo-SecureString 'word' -AsPlainText -Force))
    foreach ($case in @(@{ Proxy = 'http://192.0.2.1:3128' }, 'see the token'), @(@{ Proxy = 'nonsense' }, 'HTTP proxy'), @(@{ Proxy = 'http://u:hidden@127.0.0.1:1' }, 'HTTP proxy'),
        @(@{ Proxy = 'http://127.0.0.1:1'; NoProxy = $true }, 'does not go'), @(@{ ProxyCredential = $credential }, 'does not go'), @(@{ Proxy = '' }, 'HTTP proxy')) {
        $more = $case[0]
        $record = Assert-Failure { Connect-CustomerLockbox -Url $World.url -Token x @more } 'Usage' 'InvalidArgument' '.'
        Assert-Match $record.Exception.Message $case[1]
        Assert-True (-not "$($record.Exception.Message)".Contains('hidden'))
    }
    $null = Assert-Throws { Connect-CustomerLockbox -Url "unix://$($World.socket)" -Token $World.admin -Proxy http://127.0.0.1:1 } 'LockboxUsage.*does not go'
}
Stop-Fronts
Complete-Tests
