# Between the module and the daemon: what goes wrong is told apart, what is safe is tried again, and
# -Verbose shows the calls and no secret.
. "$PSScriptRoot/Harness.ps1"
. "$PSScriptRoot/Front.ps1"

function Connect-Front {
    param([hashtable]$Front)
    Connect-CustomerLockbox -Url $Front.Http -Token $World.admin
}

It 'a refused connection and an unknown name are connection errors' {
    $null = Assert-Failure { Connect-CustomerLockbox -Url http://127.0.0.1:1 -Token x } 'Connection' 'ConnectionError' 'daemon runs'
    # Also where the name of the daemon holds a word that faults are told by.
    foreach ($name in 'nowhere', 'lockbox-proxy') {
        $null = Assert-Failure { Connect-CustomerLockbox -Url "https://$name.invalid" -Token x } 'Connection' 'ConnectionError' 'address is right'
    }
}
It 'a daemon that does not answer in time is a time-out, after the seconds that were given' {
    $front = Start-Front -Faults pass, silent
    Connect-CustomerLockbox -Url $front.Http -Token $World.admin -TimeoutSec 1
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $record = Assert-Failure { Get-OrganizationConfig } 'TimedOut' 'OperationTimeout' '-TimeoutSec'
    Assert-True ($watch.Elapsed.TotalSeconds -lt 5) "$($watch.Elapsed)"
    Assert-True ($watch.Elapsed.TotalSeconds -ge 0.9) "$($watch.Elapsed)"
    Assert-Match $record.Exception.Message 'timed out after 1 s'
    $null = Assert-Throws { Connect-CustomerLockbox -Url $front.Http -Token x -TimeoutSec 0 } 'ParameterArgumentValidationError'
}
It 'a write that timed out is not repeated, and the action says to look first' {
    $request = New-TestRequest
    $front = Start-Front -Faults pass, silent
    Connect-CustomerLockbox -Url $front.Http -Token $World.admin -TimeoutSec 1
    $null = Assert-Failure { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $request.identity } 'TimedOut' 'OperationTimeout' 'may have been done: read'
    Assert-Equal @(Get-FrontCalls $front).Count 2
    Assert-Equal (Get-TestState $request.identity) 'Pending'
    Deny-TestRequests
}
It 'busy is tried again after the time that the daemon names, with the same idempotency key' {
    $request = New-TestRequest
    $front = Start-Front -Faults pass, busy=2, refused, busy
    Connect-Front $front
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $said = Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $request.identity -Verbose 4>&1 | Where-Object { "$_" -match ' at http' }
    Assert-True ($watch.Elapsed.TotalSeconds -ge 3.9) "it waited 2 s, 1 s and 1 s: $($watch.Elapsed)"
    Assert-Equal (Get-TestState $request.identity) 'Denied'
    $calls = @(Get-FrontCalls $front | Where-Object method -eq 'request.decide')
    Assert-Equal @($calls.fault) @('busy=2', 'refused', 'busy', 'pass')
    Assert-Equal @($calls.key | Sort-Object -Unique).Count 1
    Assert-True (-not [string]::IsNullOrEmpty($calls[0].key))
    Assert-Equal @($said).Count 4
    Assert-Match "$($said[0])" '^request\.decide at http://\S+: busy after \d+ ms, again in 2 s \(call [0-9a-f-]{36}\)\.$'
}
It 'busy for too long is an error of that item, with its own category and action' {
    $front = Start-Front -Faults pass, busy=61, pass
    Connect-Front $front
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    'EXSR999999', 'EXSR999998' | ForEach-Object { [pscustomobject]@{ RequestId = $_ } } |
        Get-AccessToCustomerDataRequest -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal @($failed | ForEach-Object { $_.FullyQualifiedErrorId.Split(',')[0] }) @('LockboxBusy', 'LockboxNotFound') 'the others go on'
    Assert-Equal ([string]$failed[0].CategoryInfo.Category) 'ResourceBusy'
    Assert-True (-not [string]::IsNullOrEmpty($failed[0].ErrorDetails.RecommendedAction))
    Assert-Equal $failed[0].Exception.Data['retryAfterSeconds'] 61
    Assert-True ($watch.Elapsed.TotalSeconds -lt 10) 'it does not wait for a minute'
}
It 'busy is tried five times at most' {
    $front = Start-Front -Faults (@('pass') + @('busy') * 5 + @('pass'))
    Connect-Front $front
    $null = Assert-Failure { Get-OrganizationConfig } 'Busy' 'ResourceBusy' '.'
    Assert-Equal @(Get-FrontCalls $front | Where-Object method -eq 'policy.get').Count 5
}
It 'Ctrl-C ends the waiting' {
    $front = Start-Front -Faults pass, busy=30
    $ps = [powershell]::Create()
    $null = $ps.AddScript("Connect-CustomerLockbox -Url '$($front.Http)' -Token '$($World.admin)'; Get-OrganizationConfig")
    $running = $ps.BeginInvoke()
    $limit = [System.Diagnostics.Stopwatch]::StartNew()
    while (@(Get-FrontCalls $front).Count -lt 2 -and $limit.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 20 }
    Assert-True (-not $running.IsCompleted)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $ps.Stop()
    Assert-True ($watch.Elapsed.TotalSeconds -lt 1) "$($watch.Elapsed)"
    $ps.Dispose()
}
It 'a gateway that is busy counts as busy; its other answers are told apart' {
    $front = Start-Front -Faults pass, crowded, pass, gateway, moved, foreign, internal
    Connect-Front $front
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant
    $record = Assert-Failure { Get-OrganizationConfig } 'HttpStatus' 'ProtocolError' 'gateway'
    Assert-Match $record.Exception.Message 'HTTP 502: Bad Gateway'
    $record = Assert-Failure { Get-OrganizationConfig } 'HttpStatus' 'ProtocolError' 'address'
    Assert-Match $record.Exception.Message 'HTTP 307'
    $null = Assert-Failure { Get-OrganizationConfig } 'NotDaemon' 'ProtocolError' 'address'
    $null = Assert-Failure { Get-OrganizationConfig } 'Internal' 'OperationStopped' 'Do something'
}
It 'a lost answer to a write is asked for again with the same key: done once' {
    $request = New-TestRequest
    $front = Start-Front -Faults pass, lost
    Connect-Front $front
    $decided = Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $request.identity -PassThru
    Assert-Equal $decided.State 'Denied'
    $calls = @(Get-FrontCalls $front | Where-Object method -eq 'request.decide')
    Assert-Equal @($calls.fault) @('lost', 'pass')
    Assert-Equal $calls[0].key $calls[1].key
    $records = @(Invoke-Rpc $World.admin 'audit.search' @{ objectIds = @($request.identity); operations = @('Set-AccessToCustomerDataRequest') }).records
    Assert-Equal @($records).Count 1 'one record of the decision'
}
It 'a lost answer to a read is an error, so that no page of a session is skipped' {
    $front = Start-Front -Faults pass, lost
    Connect-Front $front
    $null = Assert-Failure { Get-OrganizationConfig } 'ConnectionLost' 'ConnectionError' 'again'
    Assert-Equal @(Get-FrontCalls $front).Count 2
}
It '-Verbose shows each call with its method, id and duration, once it was answered' {
    $front = Start-Front -Faults pass, pass, named
    Connect-Front $front
    $said = @(Get-OrganizationConfig -Verbose 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] })
    $call = @(Get-FrontCalls $front)[-1]
    Assert-Equal $said.Count 1
    Assert-Match "$($said[0])" "^policy\.get at $([regex]::Escape($front.Http)): answered in \d+ ms \(call $($call.id)\)\.$"
    Assert-Match "$(Get-OrganizationConfig -Verbose 4>&1)" '\(request request-7\)\.' 'the id in the daemon''s log, where the daemon names it'
    $said = @(Get-AccessToCustomerDataRequest -RequestId EXSR999999 -Verbose -ErrorAction SilentlyContinue 4>&1)
    Assert-Match "$said" '^request\.get at \S+: notFound after \d+ ms'
}
It '-Verbose shows no secret: neither token, code, comment nor password' {
    $code = (Invoke-Rpc $World.admin 'principal.create' @{ kind = 'person'; address = "verbose@$($World.tenant)"; displayName = 'V'; roles = @(@{ role = 'GlobalAdministrator' }) }).enrolmentCode
    $request = New-TestRequest
    $proxy = Start-Front -User 'name:hidden word'
    $credential = [pscredential]::new('name', (ConvertTo-SecureString 'hidden word' -AsPlainText -Force))
    $stream = @(
        Connect-CustomerLockbox -Url $World.url -Code $code -Verbose *>&1
        Connect-CustomerLockbox -Url $World.url -Token $World.admin -Proxy $proxy.Http -ProxyCredential $credential -Verbose *>&1
        Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $request.identity -Comment 'private words' -Verbose *>&1
    )
    $said = @($stream | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] })
    Assert-True ($said.Count -ge 4)
    $issued = @($stream | Where-Object { $_.PSObject.TypeNames[0] -eq 'CustomerLockbox.IssuedToken' })
    Assert-Equal $issued.Count 1
    foreach ($secret in $code, $World.admin, $issued[0].Token, 'hidden word', 'private words') {
        Assert-True (-not ($said | Out-String -Width 4000).Contains($secret)) $secret
    }
}
It 'an address that holds a password is refused, and shown nowhere' {
    foreach ($url in 'https://user:hidden@lockbox.example', 'https://lockbox.example/?token=hidden', 'http://hidden@127.0.0.1:1') {
        $record = Assert-Failure { Connect-CustomerLockbox -Url $url -Token x } 'Usage' 'InvalidArgument' '-Token'
        Assert-True (-not ($record | Format-List * -Force | Out-String).Replace($record.InvocationInfo.Line, '').Contains('hidden')) $url
    }
}
It 'a failed Connect leaves the connection as it was' {
    Connect-As admin
    $null = Assert-Throws { Connect-CustomerLockbox -Url http://127.0.0.1:1 -Token x } 'LockboxConnection'
    Assert-Equal (Get-OrganizationConfig).Name $World.tenant
}
Stop-Fronts
Complete-Tests
