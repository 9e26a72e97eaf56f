# Export-NewAuditRecord.ps1: every record once, whatever happens between two runs.
. "$PSScriptRoot/Harness.ps1"
$script = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../powershell/examples/Export-NewAuditRecord.ps1")
$folder = 'none'

function New-Folder {
    $script:folder = "$($World.scratch)/pull-$([guid]::NewGuid().ToString('N'))"
    $null = [System.IO.Directory]::CreateDirectory($script:folder)
    $script:folder
}
function Add-Records {
    # A request that arrives and is denied leaves records.
    foreach ($n in 1..2) {
        $made = New-TestRequest
        $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Deny'; comment = "=1+1, `"two`nlines`" ü $n" }
    }
}
function Get-Sequences {
    # The numbers of all records in a folder's files, in the order of the files and their lines.
    param([string]$Folder)
    foreach ($file in [System.IO.Directory]::GetFiles($Folder, '*.csv') | Sort-Object) {
        Import-Csv -LiteralPath $file | ForEach-Object { [long]($_.AuditData | ConvertFrom-Json).Sequence }
    }
}
function Assert-Whole {
    # Every record from 0 up to the watermark, once, in order.
    param([string]$Folder)
    $mark = [System.IO.File]::ReadAllText("$Folder/watermark.json") | ConvertFrom-Json
    Assert-Equal @(Get-Sequences $Folder) @(0..($mark.next - 1))
    Assert-Equal @([System.IO.Directory]::GetFiles($Folder, '*.part')).Count 0
    [long]$mark.next
}
function Get-Total { (Invoke-Rpc $World.reader 'audit.search' @{ resultSize = 1 }).total }
function Set-Watermark {
    param([scriptblock]$Change)
    $mark = [System.IO.File]::ReadAllText("$folder/watermark.json") | ConvertFrom-Json
    & $Change $mark
    [System.IO.File]::WriteAllText("$folder/watermark.json", (ConvertTo-Json -InputObject $mark))
}
Connect-As reader
Add-Records

It 'the first run writes everything, the next what is new, and then nothing' {
    New-Folder
    $first = & $script -Path $folder
    Assert-Match $first.Name '^lockbox-audit-[0-9a-f]{8}-000000000000\.csv$'
    Assert-Equal @([System.IO.File]::ReadAllBytes($first.FullName)[0..2]) @(0xef, 0xbb, 0xbf)
    Assert-Equal @((Import-Csv $first.FullName)[0].PSObject.Properties.Name) @('Date', 'IP', 'User', 'Activity', 'Item', 'Detail', 'AuditData')
    $next = Assert-Whole $folder
    Assert-Equal $next (Get-Total)
    Assert-True ($null -eq (& $script -Path $folder)) 'nothing new'
    Assert-Equal (Get-Total) $next 'looking leaves no record'
    Add-Records
    $second = & $script -Path $folder
    Assert-Match $second.Name ('-{0:d12}\.csv$' -f $next)
    Assert-Equal (Assert-Whole $folder) (Get-Total)
    Assert-Equal ([System.IO.Directory]::GetFiles($folder, '*.csv').Count) 2
}
It 'killed between the CSV and the watermark: the next run makes it good' {
    New-Folder
    $null = & $script -Path $folder
    $before = [System.IO.File]::ReadAllText("$folder/watermark.json")
    Add-Records
    $file = & $script -Path $folder
    # What such a kill leaves: the new file, the old watermark, and what was half written.
    [System.IO.File]::WriteAllText("$folder/watermark.json", $before)
    [System.IO.File]::WriteAllText("$folder/watermark.json.part", '{"logId"')
    [System.IO.File]::WriteAllText("$($file.FullName).part", 'Date,IP')
    Add-Records
    Assert-Equal (& $script -Path $folder).FullName $file.FullName
    Assert-Equal (Assert-Whole $folder) (Get-Total)
}
It 'killed before its first watermark: the next run starts again' {
    New-Folder
    $null = & $script -Path $folder
    [System.IO.File]::Delete("$folder/watermark.json")
    $null = & $script -Path $folder
    Assert-Equal (Assert-Whole $folder) (Get-Total)
}
It 'killed at any moment: every record once' {
    New-Folder
    $kills = 0
    $lock = "$folder/watermark.json.lock"
    foreach ($moment in { [System.IO.File]::Exists($lock) }, { [System.IO.Directory]::GetFiles($folder, '*.csv.part').Count -gt 0 },
        { [System.IO.Directory]::GetFiles($folder, '*.csv').Count -gt $files }, { [System.IO.Directory]::GetFiles($folder, 'watermark.json.part').Count -gt 0 }) {
        Add-Records
        [System.IO.File]::Delete($lock)
        $files = [System.IO.Directory]::GetFiles($folder, '*.csv').Count
        $start = [System.Diagnostics.ProcessStartInfo]::new($World.pwsh)
        foreach ($argument in '-NoProfile', '-NonInteractive', '-Command', "Import-Module CustomerLockbox; & '$script' -Path '$folder'") { $start.ArgumentList.Add($argument) }
        $start.Environment['LOCKBOX_URL'] = $World.url
        $start.Environment['LOCKBOX_TOKEN'] = $World.reader
        $start.RedirectStandardOutput = $true
        $start.RedirectStandardError = $true
        $process = [System.Diagnostics.Process]::Start($start)
        $limit = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not (& $moment) -and -not $process.HasExited -and $limit.Elapsed.TotalSeconds -lt 60) { }
        if (-not $process.HasExited -and (& $moment)) { $kills++ }
        $process.Kill()
        $process.WaitForExit()
        $process.Dispose()
        Assert-True ([System.IO.File]::Exists($lock)) 'it has begun its work'
        if ([System.IO.File]::Exists("$folder/watermark.json") -and [System.IO.Directory]::GetFiles($folder, '*.part').Count -eq 0) {
            $seen = @(Get-Sequences $folder)
            Assert-Equal $seen @(0..($seen.Count - 1)) 'no gap and no double right behind a kill'
        }
    }
    # The moments between two files are short, so one may pass unseen.
    Assert-True ($kills -ge 2) "only $kills were killed at work"
    Add-Records
    $null = & $script -Path $folder
    Assert-Equal (Assert-Whole $folder) (Get-Total)
}
It 'a record that was reported late is in the next file, although its date is before the last run' {
    New-Folder
    $made = New-TestRequest
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Approve' }
    $when = [datetime]::UtcNow
    # The run starts in a later second than the action.
    while ([datetime]::UtcNow -lt $when.AddSeconds(1.2)) { Start-Sleep -Milliseconds 50 }
    $first = & $script -Path $folder
    $started = (Import-Csv $first.FullName)[-1].Date
    $engineer = (Invoke-Rpc $World.engineer 'session.whoami').principal.principalId
    $null = Invoke-Rpc $World.gateway 'activity.record' @{ tenant = $World.tenant; requestId = $made.requestId; operation = 'Get-Late'; occurredAt = $when.AddSeconds(0.1).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"); engineer = $engineer }
    $late = @(Import-Csv (& $script -Path $folder).FullName | Where-Object Activity -eq 'Get-Late')
    Assert-Equal $late.Count 1
    Assert-True ([string]::CompareOrdinal($late[0].Date, $started) -lt 0) "$($late[0].Date) is not before $started"
    $null = Assert-Whole $folder
    $null = Invoke-Rpc $World.engineer 'request.complete' @{ requestId = $made.identity }
}
It 'a record that has changed, or is gone, is an error, and nothing is written' {
    New-Folder
    $null = & $script -Path $folder
    $good = [System.IO.File]::ReadAllText("$folder/watermark.json")
    Set-Watermark { $args[0].leafHash = '0' * 64 }
    $null = Assert-Throws { & $script -Path $folder } 'is not what it was at the last run'
    [System.IO.File]::WriteAllText("$folder/watermark.json", $good)
    Set-Watermark { $args[0].next = 1000000 }
    $null = Assert-Throws { & $script -Path $folder } 'Record 999999 .* is not what it was'
    Assert-Equal ([System.IO.Directory]::GetFiles($folder, '*.csv').Count) 1
}
It 'a new log is started at its beginning, in files of its own, with a warning' {
    New-Folder
    $null = & $script -Path $folder
    $old = [System.IO.Directory]::GetFiles($folder, '*.csv')[0]
    # What a restore means to the script: the files and the watermark are of another log.
    [System.IO.File]::Move($old, $old -replace 'audit-[0-9a-f]{8}', 'audit-00000000')
    Set-Watermark { $args[0].logId = '00000000-1111-2222-3333-444444444444' }
    $file = & $script -Path $folder -WarningVariable warned -WarningAction SilentlyContinue
    Assert-Match "$warned" 'begun a new log'
    Assert-Match $file.Name '-000000000000\.csv$'
    Assert-Equal ([System.IO.Directory]::GetFiles($folder, '*.csv').Count) 2
}
function Start-Lockbox {
    # A daemon of this test's own, which can be restored.
    param([string]$Data)
    $start = [System.Diagnostics.ProcessStartInfo]::new($World.lockboxd)
    foreach ($argument in 'serve', '--data-dir', $Data, '--listen', '127.0.0.1:0') { $start.ArgumentList.Add($argument) }
    $start.RedirectStandardOutput = $true
    $process = [System.Diagnostics.Process]::Start($start)
    do { $line = $process.StandardOutput.ReadLine() } until ($null -eq $line -or $line -match 'http://[\d.]+:\d+')
    if ($null -eq $line) { throw 'serve ended' }
    $World.url = $Matches[0]
    $process
}
function Add-Principal {
    param([string]$Token)
    $null = Invoke-Rpc $Token 'principal.create' @{ kind = 'robot'; displayName = "robot $(Get-Random)" }
}
It 'two restores between two runs leave no gap: the records of the log between them are written, too' {
    New-Folder
    $url = $World.url
    $data = "$folder/data"
    $process = $null
    $files = @()
    try {
        $token = & $World.lockboxd init --data-dir $data --admin root@provider.example --output token
        # Each restore loses a record that was read already, or nothing.
        foreach ($round in 1..3) {
            $process = Start-Lockbox $data
            Add-Principal $token
            $backup = (Invoke-Rpc $token 'system.backup').path
            Add-Principal $token
            if ($round -ne 2) {
                Connect-CustomerLockbox -Url $World.url -Token $token
                $files = @($files) + (& $script -Path $folder -WarningVariable warned -WarningAction SilentlyContinue)
            }
            $process.Kill()
            $process.WaitForExit()
            if ($round -lt 3) { $token = (& $World.lockboxd restore $backup --replace --data-dir $data --output json | ConvertFrom-Json).token }
        }
    }
    finally {
        if ($null -ne $process -and -not $process.HasExited) { $process.Kill() }
        $World.url = $url
        Connect-As reader
    }
    Assert-Match "$warned" 'begun a new log'
    $first = @(Import-Csv -LiteralPath $files[0].FullName | ForEach-Object { ($_.AuditData | ConvertFrom-Json).LogId } | Sort-Object -Unique)
    $later = @(Import-Csv -LiteralPath $files[1].FullName | ForEach-Object { $_.AuditData | ConvertFrom-Json } | Group-Object -Property LogId)
    Assert-Equal $later.Count 2 'the log of the first restore, and that of the second'
    Assert-True ($first.Count -eq 1 -and $later.Name -notcontains $first[0])
    foreach ($log in $later) { Assert-Equal @($log.Group.Sequence) @(0..($log.Count - 1)) }
}
It 'a watermark that cannot be read is an error, never a fresh start' {
    New-Folder
    foreach ($text in '', '{', '{}', '[]', '{"logId": "x", "next": 0, "leafHash": "x"}', '{"logId": "x", "next": "many", "leafHash": "x"}') {
        [System.IO.File]::WriteAllText("$folder/watermark.json", $text)
        $null = Assert-Throws { & $script -Path $folder } 'cannot be read'
    }
    Assert-Equal ([System.IO.Directory]::GetFiles($folder, '*.csv').Count) 0
}
It 'two at a time are refused' {
    New-Folder
    $held = [System.IO.File]::Open("$folder/watermark.json.lock", 'OpenOrCreate', 'ReadWrite', 'None')
    try { $null = Assert-Throws { & $script -Path $folder } 'is in use' } finally { $held.Dispose() }
    $null = & $script -Path $folder
    $null = Assert-Whole $folder
}
It 'the watermark may lie elsewhere, and a folder that is not there is an error' {
    New-Folder
    $mark = "$($World.scratch)/mark-$([guid]::NewGuid().ToString('N')).json"
    $null = & $script -Path $folder -WatermarkPath $mark
    Assert-True ([System.IO.File]::Exists($mark) -and -not [System.IO.File]::Exists("$folder/watermark.json"))
    Assert-True ($null -eq (& $script -Path $folder -WatermarkPath $mark))
    $null = Assert-Throws { & $script -Path "$folder/nowhere" } 'does not exist'
    $null = Assert-Throws { & $script -Path $folder -WatermarkPath "$folder/nowhere/w.json" } 'cannot be written'
}
It '-WhatIf writes nothing and exports nothing' {
    New-Folder
    $total = Get-Total
    Assert-True ($null -eq (& $script -Path $folder -WhatIf 6>$null))
    Assert-Equal ([System.IO.Directory]::GetFiles($folder, '*.csv').Count) 0
    Assert-True (-not [System.IO.File]::Exists("$folder/watermark.json"))
    Assert-Equal (Get-Total) $total
}
It 'who may not read the log gets an error and leaves no file' {
    New-Folder
    Connect-As approver
    try { $null = Assert-Throws { & $script -Path $folder } 'LockboxForbidden' } finally { Connect-As reader }
    Assert-Equal @([System.IO.Directory]::GetFiles($folder, '*') | Where-Object { $_ -notlike '*.lock' }).Count 0
}
Complete-Tests
