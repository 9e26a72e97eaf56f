# Ctrl-C ends any command within a second, also while a server never answers.
. "$PSScriptRoot/Harness.ps1"
$silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
$silent.Start()
$url = "http://127.0.0.1:$($silent.LocalEndpoint.Port)"

function Measure-Stop {
    # Seconds from the stop to the end of a pipeline that waits for an answer.
    param([string]$Script, [scriptblock]$Waiting)
    $ps = [powershell]::Create()
    try {
        $null = $ps.AddScript("`$env:LOCKBOX_URL = '$url'; `$env:LOCKBOX_TOKEN = 'lbt_$('x' * 43)'; $Script")
        $running = $ps.BeginInvoke()
        $limit = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Waiting) -and $limit.Elapsed.TotalSeconds -lt 20) { Start-Sleep -Milliseconds 10 }
        # The streams of a running pipeline must not be read here: that would wait for their end.
        Assert-True (-not $running.IsCompleted) 'it did not wait for the answer'
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        $ps.Stop()
        $watch.Elapsed.TotalSeconds
    }
    finally {
        $ps.Dispose()
        $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
    }
}

# This loop adds 4 tests.
foreach ($case in @(
        @('Get-AccessToCustomerDataRequest'), @('Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId EXSR123456'),
        @('Search-UnifiedAuditLog -StartDate 2026-01-01 -EndDate 2026-02-01'), @("Connect-CustomerLockbox -Url '$url' -Token x"),
        @("Export-CustomerLockboxAuditLog -Path '$($World.scratch)/x.csv'"))) {
    It "stopped while the server never answers: $($case[0].Split(' ')[0])" {
        $seconds = Measure-Stop $case[0] { $silent.Pending() }
        $client = $silent.AcceptTcpClient()
        Assert-True ($seconds -lt 1) "it took $seconds s"
        # The request was cancelled, so its connection is closed, not left behind.
        $stream = $client.GetStream()
        $stream.ReadTimeout = 5000
        $buffer = [byte[]]::new(65536)
        do { $read = try { $stream.Read($buffer, 0, $buffer.Length) } catch { if ($_.Exception.GetBaseException() -is [System.Net.Sockets.SocketException] -and $_.Exception.GetBaseException().SocketErrorCode -eq 'ConnectionReset') { 0 } else { throw } } } while ($read -gt 0)
        $client.Dispose()
    }
}
It 'stopped while a Unix socket never answers' {
    $path = "$($World.scratch)/silent.sock"
    $socket = [System.Net.Sockets.Socket]::new('Unix', 'Stream', 'Unspecified')
    $socket.Bind([System.Net.Sockets.UnixDomainSocketEndPoint]::new($path))
    $socket.Listen(5)
    try {
        $seconds = Measure-Stop "Connect-CustomerLockbox -Url 'unix://$path' -Token x" { $socket.Poll(0, 'SelectRead') }
        Assert-True ($seconds -lt 1) "it took $seconds s"
    }
    finally {
        $socket.Dispose()
    }
}
It 'a stopped command has cancelled nothing that it was not told to' {
    Connect-As admin
    $made = New-TestRequest
    Assert-Equal (Get-AccessToCustomerDataRequest -RequestId $made.identity).State 'Pending'
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $made.identity
}
$silent.Stop()
Complete-Tests
