. "$PSScriptRoot/Harness.ps1"
Connect-As admin
foreach ($n in 1..4) {
    $made = New-TestRequest
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Deny'; comment = "=1+1, `"quoted`" ü $n" }
}
Set-Location $World.scratch
$decided = @{ Operations = 'Set-AccessToCustomerDataRequest' }

It 'CSV has the documented columns, and Import-Csv reads it' {
    Assert-Equal @(Export-CustomerLockboxAuditLog -Path ./log.csv @decided).Count 0
    $bytes = [System.IO.File]::ReadAllBytes("$($World.scratch)/log.csv")
    Assert-Equal @($bytes[0..2]) @(0xef, 0xbb, 0xbf)
    $rows = @(Import-Csv ./log.csv)
    Assert-Equal $rows.Count 4
    Assert-Equal @($rows[0].PSObject.Properties.Name) @('Date', 'IP', 'User', 'Activity', 'Item', 'Detail', 'AuditData')
    $data = $rows[0].AuditData | ConvertFrom-Json
    Assert-Equal $data.Operation 'Set-AccessToCustomerDataRequest'
    Assert-Match ($data.Parameters | Where-Object Name -eq Comment).Value 'quoted" ü'
}
It 'JSON Lines has one record a line, by extension or by name' {
    $file = Export-CustomerLockboxAuditLog -Path ./log.jsonl @decided -PassThru
    Assert-Equal $file.GetType().Name 'FileInfo'
    $lines = [System.IO.File]::ReadAllLines($file.FullName)
    Assert-Equal $lines.Count 4
    foreach ($line in $lines) { Assert-Equal ($line | ConvertFrom-Json).Operation 'Set-AccessToCustomerDataRequest' }
    Export-CustomerLockboxAuditLog -Path ./named.txt -Format JSONLINES @decided
    Assert-Equal ([System.IO.File]::ReadAllText("$($World.scratch)/named.txt")) ([System.IO.File]::ReadAllText($file.FullName))
}
It 'a range and filters narrow it; everything is more' {
    Export-CustomerLockboxAuditLog -Path ./none.jsonl -StartDate 2020-01-01 -EndDate 2020-01-02
    Assert-Equal ([System.IO.FileInfo]::new("$($World.scratch)/none.jsonl").Length) ([long]0)
    Export-CustomerLockboxAuditLog -Path ./all.jsonl
    Assert-True ([System.IO.File]::ReadAllLines("$($World.scratch)/all.jsonl").Count -gt 4)
}
It 'a filter that is given but empty is an error here: empty never means all' {
    foreach ($way in { Export-CustomerLockboxAuditLog -Path ./x.csv -UserIds $missing }, { Export-CustomerLockboxAuditLog -Path ./x.csv -Operations @() },
        { Export-CustomerLockboxAuditLog -Path ./x.csv -StartDate $missing }, { Export-CustomerLockboxAuditLog -Path ./x.csv -RecordType '' }) {
        $null = Assert-Throws $way 'LockboxUsage'
    }
    Assert-True (-not [System.IO.File]::Exists("$($World.scratch)/x.csv"))
}
It 'an existing file is kept, unless -Force' {
    [System.IO.File]::WriteAllText("$($World.scratch)/old.csv", 'old')
    $null = Assert-Throws { Export-CustomerLockboxAuditLog -Path ./old.csv } 'LockboxFileExists'
    Assert-Equal ([System.IO.File]::ReadAllText("$($World.scratch)/old.csv")) 'old'
    Export-CustomerLockboxAuditLog -Path ./old.csv @decided -Force
    Assert-Equal @(Import-Csv ./old.csv).Count 4
}
It 'a failed export leaves no file, and the older one as it was' {
    [System.IO.File]::WriteAllText("$($World.scratch)/kept.csv", 'kept')
    Connect-As approver
    try {
        $null = Assert-Throws { Export-CustomerLockboxAuditLog -Path ./kept.csv -Force } 'CommandNotFoundException'
    }
    finally {
        Connect-As admin
    }
    Assert-Equal ([System.IO.File]::ReadAllText("$($World.scratch)/kept.csv")) 'kept'
    $null = Assert-Throws { Export-CustomerLockboxAuditLog -Path ./no/such/folder/log.csv } 'LockboxCannotWrite'
    Assert-Equal @(Get-ChildItem -Path $World.scratch -Filter *.part).Count 0
}
It 'a long export shows progress, unless the preference says otherwise' {
    foreach ($case in @('Continue', 4), @('SilentlyContinue', 0)) {
        $ps = [powershell]::Create()
        $null = $ps.AddScript({
                param($Url, $Token, $File, $Preference)
                $global:ProgressPreference = $Preference
                Connect-CustomerLockbox -Url $Url -Token $Token
                & (Get-Module CustomerLockbox) { param($f) Save-LockboxAuditLog -File $f -Params @{ format = 'jsonl'; chunkSize = 1; operations = @('Set-AccessToCustomerDataRequest') } } $File
            }).AddParameters(@($World.url, $World.admin, "$($World.scratch)/parts$($case[0]).jsonl", $case[0]))
        $null = $ps.Invoke()
        Assert-Equal $ps.Streams.Error.Count 0
        Assert-Equal $ps.Streams.Progress.Count $case[1] $case[0]
        if ($case[1] -gt 0) {
            Assert-Match $ps.Streams.Progress[0].Activity 'partsContinue\.jsonl'
            Assert-Equal $ps.Streams.Progress[2].StatusDescription '3 records so far'
            Assert-Equal "$($ps.Streams.Progress[3].RecordType)" 'Completed'
        }
        Assert-Equal ([System.IO.File]::ReadAllLines("$($World.scratch)/parts$($case[0]).jsonl").Count) 4
        $ps.Dispose()
    }
}
It '-WhatIf writes no file' {
    Export-CustomerLockboxAuditLog -Path ./whatif.csv -WhatIf 6>$null
    Assert-True (-not [System.IO.File]::Exists("$($World.scratch)/whatif.csv"))
}
It 'Invoke-CustomerLockboxMethod calls any method, with dates, durations and switches as the daemon wants them' {
    Assert-Equal (Invoke-CustomerLockboxMethod system.info).product 'Customer Lockbox'
    $result = Invoke-CustomerLockboxMethod -Method request.list -Params @{ createdAfter = [datetime]::UtcNow.AddDays(-1); pageSize = 2 }
    Assert-Equal $result.requests.Count 2
    Assert-Equal $result.PSObject.TypeNames[0] 'CustomerLockbox.MethodResult'
    $sent = Invoke-InModule { ConvertTo-LockboxJsonValue -Value @{ a = [timespan]'01:00'; b = [switch]$true; c = [guid]::Empty; d = @('x'); e = [pscustomobject]@{ f = [datetime]::new(2026, 1, 2, 3, 4, 5, [System.DateTimeKind]::Utc) }; g = 5; h = $null } }
    Assert-Equal $sent.a ([long]3600)
    Assert-Equal $sent.b $true
    Assert-Equal $sent.c '00000000-0000-0000-0000-000000000000'
    Assert-Equal $sent.e.f '2026-01-02T03:04:05.000Z'
    [System.IO.File]::WriteAllText("$($World.scratch)/note.txt", 'plain')
    $noted = Invoke-InModule { param($v) ConvertTo-LockboxJsonValue -Value @{ text = $v } } @(, (Get-Content ./note.txt))
    Assert-Equal ($noted | ConvertTo-Json -Compress) '{"text":"plain"}' 'without the note properties of Get-Content'
    Invoke-CustomerLockboxMethod policy.put @{ approvalRequired = $false } -WhatIf 6>$null
    Assert-Equal (Get-OrganizationConfig).CustomerLockboxEnabled $true
    $record = Assert-Throws { Invoke-CustomerLockboxMethod request.get @{ requestId = 5 } } 'LockboxInvalidParams'
    Assert-Equal $record.Exception.Data['pointer'] '/requestId'
}
Complete-Tests
