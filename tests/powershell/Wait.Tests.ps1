# Waiting for decisions: at once, from elsewhere, over what the connection may be, and not for ever.
. "$PSScriptRoot/Harness.ps1"
. "$PSScriptRoot/Front.ps1"

# Beside the daemon's answers nothing shows that a wait listens by now, so its private function says it.
$Spy = {
    param([string]$File)
    $script:Mark = $File
    $script:RealRead = ${function:Read-LockboxStream}
    Set-Item -Path function:script:Read-LockboxStream -Value {
        param([hashtable]$Stream, [timespan]$Limit)
        [System.IO.File]::AppendAllText($script:Mark, 'x')
        & $script:RealRead -Stream $Stream -Limit $Limit
    }
}

function Get-Listened {
    # How often a wait has begun to listen.
    param([string]$Mark)
    if ([System.IO.File]::Exists($Mark)) { [System.IO.FileInfo]::new($Mark).Length } else { 0 }
}

function Assert-Soon {
    param([scriptblock]$Condition, [string]$Because)
    $limit = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) {
        if ($limit.Elapsed.TotalSeconds -gt 20) { throw "this should have happened by now: $Because" }
        Start-Sleep -Milliseconds 20
    }
}

function Get-WaitScript {
    # What a shell runs that is to wait; each time that it listens MARK grows.
    param([string]$Command, [string]$Mark, [string]$Url, [string]$Token, [string]$CaFile)
    $trust = if ($CaFile) { "-CaFile '$CaFile'" }
    "`$ErrorActionPreference = 'Stop'; Connect-CustomerLockbox -Url '$Url' -Token '$Token' $trust; & (Get-Module CustomerLockbox) { $Spy } '$Mark'; $Command"
}

function Start-Wait {
    # A wait in another runspace, once it listens.
    param([string]$Command, [string]$Url = $World.url, [string]$Token = $World.admin, [string]$CaFile)
    $mark = "$($World.scratch)/$([guid]::NewGuid()).mark"
    $ps = [powershell]::Create()
    $null = $ps.AddScript((Get-WaitScript $Command $mark $Url $Token $CaFile))
    $running = $ps.BeginInvoke()
    Assert-Soon { $running.IsCompleted -or (Get-Listened $mark) -gt 0 } 'it listens'
    Assert-True (-not $running.IsCompleted) 'it waits'
    @{ Shell = $ps; Running = $running; Mark = $mark }
}

function Complete-Wait {
    # What a wait has written, and the seconds that it took from now on.
    param([hashtable]$Wait)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    Assert-Soon { $Wait.Running.IsCompleted } 'it ends'
    $Wait.Seconds = $watch.Elapsed.TotalSeconds
    $Wait.Shell.EndInvoke($Wait.Running)
    $Wait.Shell.Dispose()
}

function Set-Decision {
    param([string]$Identity, [string]$Decision = 'Deny')
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $Identity; decision = $Decision }
}

It 'what is decided already is written at once' {
    Connect-As admin
    $made = New-TestRequest
    Set-Decision $made.identity
    $found = @(Wait-AccessToCustomerDataRequest -RequestId " $($made.requestId.ToLowerInvariant()) ")
    Assert-Equal $found.Count 1
    Assert-Equal $found[0].State 'Denied'
    Assert-Equal $found[0].PSObject.TypeNames[0] 'CustomerLockbox.Request'
    Assert-Equal ($found | Wait-AccessToCustomerDataRequest -Timeout 00:01).Identity $made.identity
}
It 'a decision from elsewhere ends it within a second' {
    $made = New-TestRequest
    $wait = Start-Wait "Wait-AccessToCustomerDataRequest -RequestId $($made.requestId)"
    Set-Decision $made.identity
    $found = @(Complete-Wait $wait)
    Assert-True ($wait.Seconds -lt 1) "it took $($wait.Seconds) s"
    Assert-Equal @($found.State) @('Denied')
}
It 'an engineer waits over a Unix socket, by GUID' {
    $made = New-TestRequest
    $wait = Start-Wait "Wait-AccessToCustomerDataRequest -RequestId $($made.identity) -Timeout 00:05" "unix://$($World.socket)" $World.engineer
    Set-Decision $made.identity
    $found = @(Complete-Wait $wait)
    Assert-True ($wait.Seconds -lt 1) "it took $($wait.Seconds) s"
    Assert-Equal @($found.State) @('Denied')
}
It 'several are waited for at once, and one that is not there is an error of its own' {
    $one = New-TestRequest
    $two = New-TestRequest
    $ids = "@('EXSR999999', '$($one.identity)', '$($two.identity)') | ForEach-Object { [pscustomobject]@{ RequestId = `$_ } }"
    $wait = Start-Wait "$ids | Wait-AccessToCustomerDataRequest -ErrorAction SilentlyContinue"
    # The later one first.
    Set-Decision $two.identity
    Set-Decision $one.identity
    $found = @(Complete-Wait $wait)
    Assert-Equal @($found.Identity | Sort-Object) @(@($one.identity, $two.identity) | Sort-Object)
    Assert-Equal @($wait.Shell.Streams.Error).Count 0
    Connect-As admin
    Wait-AccessToCustomerDataRequest -RequestId EXSR999999 -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal @($failed | ForEach-Object { $_.FullyQualifiedErrorId.Split(',')[0] }) @('LockboxNotFound')
    Wait-AccessToCustomerDataRequest -RequestId '' -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal @($failed | ForEach-Object { $_.FullyQualifiedErrorId.Split(',')[0] }) @('LockboxEmptyId')
}
It '-Timeout ends it with a time-out and no output' {
    Connect-As admin
    $made = New-TestRequest
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $written = [System.Collections.Generic.List[object]]::new()
    $record = Assert-Throws { Wait-AccessToCustomerDataRequest -RequestId $made.requestId -Timeout ([timespan]::FromSeconds(2)) | ForEach-Object { $written.Add($_) } } 'LockboxUndecided'
    Assert-True ($watch.Elapsed.TotalSeconds -ge 1.9 -and $watch.Elapsed.TotalSeconds -lt 4) "$($watch.Elapsed)"
    Assert-Equal ([string]$record.CategoryInfo.Category) 'OperationTimeout'
    Assert-Match $record.Exception.Message $made.requestId
    Assert-Equal $written.Count 0
    $null = Assert-Throws { Wait-AccessToCustomerDataRequest -RequestId $made.requestId -Timeout 2 } 'LockboxUsage.*Timeout'
    Set-Decision $made.identity
}
It 'Ctrl-C ends it within a second, and its stream' {
    $made = New-TestRequest
    $wait = Start-Wait "Wait-AccessToCustomerDataRequest -RequestId $($made.identity)"
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $wait.Shell.Stop()
    Assert-True ($watch.Elapsed.TotalSeconds -lt 1) "it took $($watch.Elapsed)"
    $wait.Shell.Dispose()
    Set-Decision $made.identity
}
It 'Ctrl-C at a terminal ends the script that waits, and gives the prompt back' {
    $made = New-TestRequest
    $script = "$($World.scratch)/interrupt.ps1"
    # What PowerShell itself makes of it: a script ends with 0, and a shell reads the next line, which is `exit 42`.
    foreach ($case in @('a script', 0, @()), @('a shell', 42, @('-NoExit'))) {
        $mark = "$($World.scratch)/interrupt-$($case[1]).mark"
        $text = Get-WaitScript "Wait-AccessToCustomerDataRequest -RequestId $($made.identity); 'went on'" $mark $World.url $World.admin
        [System.IO.File]::WriteAllText($script, $text)
        $more = $case[2]
        $seen = & $World.python "$PSScriptRoot/interrupt.py" $mark $World.pwsh -NoProfile -NoLogo @more -File $script | ConvertFrom-Json
        Assert-True ($null -ne $seen.seconds -and $seen.seconds -lt 10) "$($case[0]) took $($seen.seconds) s: $($seen.shown)"
        Write-Note "Ctrl-C at a terminal ends $($case[0]) in $([math]::Round($seen.seconds, 2)) s"
        Assert-Equal $seen.code $case[1] $seen.shown
        Assert-True (-not $seen.shown.Contains('went on')) "what stands behind it is not run: $($seen.shown)"
        Assert-Equal (Get-TestState $made.identity) 'Pending'
    }
    Set-Decision $made.identity
}
It 'it waits over TLS, too' {
    $authority = New-TestAuthority wait
    $server = New-TestCertificate $authority wait-server
    $null = & chmod 600 $server.Key
    $data = "$($World.scratch)/daemon"
    $config = "$($World.scratch)/lockboxd.toml"
    [System.IO.File]::WriteAllLines($config, [string[]]@('[tls]', 'listen = ["127.0.0.1:0"]', "certificate = `"$($server.File)`"", "key = `"$($server.Key)`""))
    $root = & $World.lockboxd init --data-dir $data --admin root@provider.example --output token
    $start = [System.Diagnostics.ProcessStartInfo]::new($World.lockboxd)
    foreach ($argument in 'serve', '--data-dir', $data, '--listen', '127.0.0.1:0', '--config', $config) { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $daemon = [System.Diagnostics.Process]::Start($start)
    try {
        $at = @{}
        while (-not ($at.http -and $at.https)) {
            $line = $daemon.StandardOutput.ReadLine()
            Assert-True ($null -ne $line) 'it listens'
            if ($line -match '(https?)://[\d.]+:(\d+)') { $at[$Matches[1]] = $Matches[2] }
        }
        # The functions of the harness speak to this daemon now, over its plain address.
        $World = @{ url = "http://127.0.0.1:$($at.http)"; tenant = 'tls.example'; scratch = $World.scratch }
        $World.admin = (Invoke-Rpc '' tenant.claim @{ code = (Invoke-Rpc $root tenant.create @{ name = 'tls.example'; adminAddress = 'ada@tls.example'; adminDisplayName = 'Ada' }).claimCode }).token
        foreach ($person in @('engineer', 'SupportEngineer'), @('manager', 'SupportManager')) {
            $code = (Invoke-Rpc $root principal.create @{ kind = 'person'; address = "$($person[0])@provider.example"; displayName = $person[0]; roles = @(@{ role = $person[1]; scope = '/tenants' }) }).enrolmentCode
            $World[$person[0]] = (Invoke-Rpc '' principal.enroll @{ code = $code }).token
        }
        $made = New-TestRequest
        $wait = Start-Wait "Wait-AccessToCustomerDataRequest -RequestId $($made.requestId)" -Url "https://localhost:$($at.https)" -CaFile $authority.File
        Set-Decision $made.identity
        $found = @(Complete-Wait $wait)
        Assert-True ($wait.Seconds -lt 1) "it took $($wait.Seconds) s"
        Assert-Equal @($found.State) @('Denied')
    }
    finally {
        if (-not $daemon.HasExited) { $daemon.Kill() }
        $null = $daemon.WaitForExit(10000)
        $daemon.Dispose()
    }
}
It 'a decision that falls into a broken connection is not missed' {
    $start = [System.Diagnostics.ProcessStartInfo]::new($World.python)
    foreach ($argument in "$PSScriptRoot/relay.py", ([uri]$World.url).Authority) { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $relay = [System.Diagnostics.Process]::Start($start)
    try {
        $url = "http://127.0.0.1:$($relay.StandardOutput.ReadLine())"
        foreach ($when in 'while it is broken', 'once it is whole again') {
            $made = New-TestRequest
            $wait = Start-Wait "Wait-AccessToCustomerDataRequest -RequestId $($made.identity) -Timeout 00:01" $url
            $before = Get-Listened $wait.Mark
            $relay.StandardInput.WriteLine('cut'); $null = $relay.StandardOutput.ReadLine()
            if ($when -eq 'while it is broken') { Set-Decision $made.identity }
            $relay.StandardInput.WriteLine('go'); $null = $relay.StandardOutput.ReadLine()
            if ($when -ne 'while it is broken') {
                Assert-Soon { (Get-Listened $wait.Mark) -gt $before } 'it listens again'
                Set-Decision $made.identity
            }
            Assert-Equal @((Complete-Wait $wait).State) @('Denied') $when
        }
    }
    finally {
        $relay.StandardInput.Close()
        $null = $relay.WaitForExit(5000)
        $relay.Dispose()
    }
}
It 'without a daemon, or with a token that counts no more, it ends' {
    $null = Assert-Throws { $env:LOCKBOX_URL = 'http://127.0.0.1:1'; $env:LOCKBOX_TOKEN = 'x'; Disconnect-CustomerLockbox; Wait-AccessToCustomerDataRequest -RequestId EXSR1 } 'LockboxConnection'
    $env:LOCKBOX_URL = $World.url
    $null = Assert-Throws { Wait-AccessToCustomerDataRequest -RequestId EXSR1 } 'LockboxUnauthenticated'
    $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
}
Complete-Tests
