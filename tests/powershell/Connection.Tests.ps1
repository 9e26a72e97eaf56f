. "$PSScriptRoot/Harness.ps1"
$other = "other-$($World.tenant)"
$made = Invoke-Rpc $World.providerAdmin 'tenant.create' @{ name = $other; adminAddress = "admin@$other" }

function Invoke-Fresh {
    # What a new runspace of this process writes; errors end up in the output as their ids.
    param([string]$Script)
    $ps = [powershell]::Create()
    try {
        $null = $ps.AddScript("try { $Script } catch { `$_.FullyQualifiedErrorId; `$_.ErrorDetails.RecommendedAction }")
        @($ps.Invoke())
    }
    finally {
        $ps.Dispose()
    }
}
function Invoke-WithEnvironment {
    param([scriptblock]$Body)
    $env:LOCKBOX_URL = $World.url
    $env:LOCKBOX_TOKEN = $World.admin
    try { & $Body } finally { $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null }
}

It 'without a connection, the error says what to paste' {
    $record = Assert-Throws { Get-AccessToCustomerDataRequest } 'LockboxNotConnected,Get-AccessToCustomerDataRequest'
    Assert-Match $record.ErrorDetails.RecommendedAction 'Connect inside the block: Connect-CustomerLockbox -Url http'
    Assert-Equal @(Get-CustomerLockboxConnection).Count 0
}
It 'LOCKBOX_URL and LOCKBOX_TOKEN are a connection' {
    Invoke-WithEnvironment {
        Assert-Equal (Get-OrganizationConfig).Name $World.tenant
        $connection = Get-CustomerLockboxConnection
        Assert-Equal $connection.Source 'Environment'
        Assert-Equal $connection.ConnectionId (Get-CustomerLockboxConnection).ConnectionId 'one id for the runspace'
    }
    $null = Assert-Throws { Get-OrganizationConfig } 'LockboxNotConnected'
}
It 'Connect -Code redeems a claim code and shows the token once' {
    $issued = @(Connect-CustomerLockbox -Url $World.url -Code " $($made.claimCode) ")
    Assert-Equal $issued.Count 1
    Assert-Match $issued[0].Token '^lbt_'
    Assert-Equal $issued[0].Organization $other
    Assert-Equal ([string]$issued[0].ExpirationDate.Kind) 'Utc'
    Assert-Equal (Get-CustomerLockboxConnection).Organization $other
    Set-Variable -Name otherToken -Value $issued[0].Token -Scope Script
    $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url -Code $made.claimCode } 'LockboxCodeInvalid'
    Assert-Equal (Get-CustomerLockboxConnection).Organization $other 'a failed Connect leaves the connection'
}
It 'Connect -Code redeems an enrolment code' {
    $person = Invoke-Rpc $World.admin 'principal.create' @{ kind = 'person'; address = "new@$($World.tenant)"; displayName = 'New'; roles = @(@{ role = 'SecurityReader' }) }
    $issued = Connect-CustomerLockbox -Url $World.url -Code $person.enrolmentCode
    Assert-Equal $issued.Address "new@$($World.tenant)"
    Assert-Equal (Get-CustomerLockboxConnection).UserPrincipalName "new@$($World.tenant)"
    Assert-Equal @((Get-CustomerLockboxConnection).Roles) @('SecurityReader')
}
It 'an explicit Connect wins over the environment' {
    Connect-CustomerLockbox -Url $World.url -Token $otherToken
    Invoke-WithEnvironment { Assert-Equal (Get-OrganizationConfig).Name $other }
    Disconnect-CustomerLockbox
    Invoke-WithEnvironment { Assert-Equal (Get-OrganizationConfig).Name $World.tenant }
}
It 'Connect takes the environment, and a secure string' {
    Invoke-WithEnvironment { Assert-Equal (Connect-CustomerLockbox -PassThru).Organization $World.tenant }
    $secure = ConvertTo-SecureString -String $otherToken -AsPlainText -Force
    Assert-Equal (Connect-CustomerLockbox -Url $World.url -Token $secure -PassThru).Organization $other
    $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url } 'LockboxUsage.*token'
    $null = Assert-Throws { Connect-CustomerLockbox -Url $World.url -Token '' } 'LockboxUsage.*token'
}
It 'connection objects never hold the token, and neither do errors' {
    Connect-CustomerLockbox -Url $World.url -Token $World.admin
    $text = Get-CustomerLockboxConnection | ConvertTo-Json -Depth 10
    Assert-True (-not $text.Contains($World.admin))
    Assert-Match $text '"ConnectionId"'
    $record = Assert-Throws { Connect-CustomerLockbox -Url http://127.0.0.1:1 -Token $World.admin } 'LockboxConnection'
    Assert-True (-not ($record | Format-List * -Force | Out-String).Contains($World.admin))
    $text = Get-Module CustomerLockbox | ForEach-Object { $_.ExportedVariables | Out-String }
    Assert-True (-not "$text".Contains($World.admin))
}
It 'each Connect makes a new connection id' {
    $first = Connect-CustomerLockbox -Url $World.url -Token $World.admin -PassThru
    $second = Connect-CustomerLockbox -Url $World.url -Token $World.admin -PassThru
    Assert-True ($first.ConnectionId -ne $second.ConnectionId)
}
It 'a new runspace has no connection, unless the environment gives one' {
    Connect-CustomerLockbox -Url $World.url -Token $World.admin
    $answer = Invoke-Fresh '(Get-OrganizationConfig).Name'
    Assert-Equal $answer[0] 'LockboxNotConnected,Get-OrganizationConfig'
    Assert-Match $answer[1] 'Connect-CustomerLockbox -Url'
    Invoke-WithEnvironment { Assert-Equal @(Invoke-Fresh '(Get-OrganizationConfig).Name')[0] $World.tenant }
}
It 'a -Parallel block says to connect inside it, and works when it does' {
    $ids = 1..2 | ForEach-Object -Parallel { try { (Get-OrganizationConfig).Name } catch { $_.FullyQualifiedErrorId } }
    Assert-Equal @($ids | Select-Object -Unique) @('LockboxNotConnected,Get-OrganizationConfig')
    $url = $World.url; $token = $World.admin
    $names = 1..2 | ForEach-Object -Parallel { Connect-CustomerLockbox -Url $using:url -Token $using:token; (Get-OrganizationConfig).Name }
    Assert-Equal @($names) @($World.tenant, $World.tenant)
}
It 'a job starts from the environment' {
    Invoke-WithEnvironment {
        $job = Start-Job -ScriptBlock { (Get-OrganizationConfig).Name; (Get-CustomerLockboxConnection).Source }
        Assert-Equal @($job | Wait-Job | Receive-Job) @($World.tenant, 'Environment')
        Remove-Job -Job $job
    }
}
It 'two runspaces work on two tenants at once' {
    $script = "Connect-CustomerLockbox -Url '$($World.url)' -Token '{0}'; foreach (`$n in 1..20) {{ (Get-OrganizationConfig).Name }}"
    $one = [powershell]::Create(); $null = $one.AddScript($script -f $World.admin)
    $two = [powershell]::Create(); $null = $two.AddScript($script -f $otherToken)
    $waitOne = $one.BeginInvoke(); $waitTwo = $two.BeginInvoke()
    $namesOne = @($one.EndInvoke($waitOne)); $namesTwo = @($two.EndInvoke($waitTwo))
    $one.Dispose(); $two.Dispose()
    Assert-Equal $namesOne.Count 20
    Assert-Equal $namesTwo.Count 20
    Assert-Equal @($namesOne | Select-Object -Unique) @($World.tenant)
    Assert-Equal @($namesTwo | Select-Object -Unique) @($other)
}
It 'Connect warns from 14 days before the token ends' {
    $short = Invoke-Rpc $World.admin 'token.issue' @{ expiresInDays = 10 }
    $warnings = Connect-CustomerLockbox -Url $World.url -Token $short.token 3>&1
    Assert-Equal @($warnings).Count 1
    Assert-Match "$warnings" '\d'
    $warnings = Connect-CustomerLockbox -Url $World.url -Token $World.admin 3>&1
    Assert-Equal @($warnings).Count 0
}
It 'a Unix socket works' {
    Assert-True (-not [string]::IsNullOrEmpty($World.socket)) 'the daemon has a socket'
    $connection = Connect-CustomerLockbox -Url "unix://$($World.socket)" -Token $World.admin -PassThru
    Assert-Equal $connection.Organization $World.tenant
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -RequestId EXSR999999 } 'LockboxNotFound'
    $null = Assert-Throws { Connect-CustomerLockbox -Url 'unix:///nowhere/x.sock' -Token $World.admin } 'LockboxConnection'
}
It 'where Unix sockets do not work, Connect says which version has them' {
    $record = Invoke-InModule {
        $PSVersionTable = @{ PSEdition = 'Desktop'; PSVersion = [version]'5.1' }
        New-LockboxConnection -Url 'unix:///run/x.sock' -Token x -Source Connect
    }
    Assert-Match $record.Exception.Message 'Unix sockets need PowerShell 7\.1'
}
It 'plain http goes to the loopback address only, and other schemes nowhere' {
    foreach ($url in 'http://192.0.2.1:8420', 'http://lockbox.example', 'ftp://127.0.0.1', 'nonsense', '') {
        $null = Assert-Throws { Connect-CustomerLockbox -Url $url -Token x } 'LockboxUsage'
    }
    foreach ($url in "$($World.url)/", "$($World.url)/rpc", $World.url.Replace('127.0.0.1', 'localhost')) {
        Assert-Equal (Connect-CustomerLockbox -Url $url -Token $World.admin -PassThru).Organization $World.tenant $url
    }
}
It 'Disconnect forgets the connection, and the token stays valid' {
    Connect-CustomerLockbox -Url $World.url -Token $World.admin
    Disconnect-CustomerLockbox
    $null = Assert-Throws { Get-OrganizationConfig } 'LockboxNotConnected'
    Disconnect-CustomerLockbox
    Connect-CustomerLockbox -Url $World.url -Token $World.admin
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant
}
Complete-Tests
