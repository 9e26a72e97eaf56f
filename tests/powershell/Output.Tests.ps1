. "$PSScriptRoot/Harness.ps1"
Connect-As admin
$order = 'RequestId', 'Identity', 'ServiceRequestNumber', 'ServiceName', 'Tenant', 'Requestor', 'Reason', 'Citizenship', 'CreatedDate', 'SentToCustomerDate',
    'ExpirationDate', 'Duration', 'ApprovalStatus', 'State', 'DecidedBy', 'DecidedDate', 'Comment', 'AccessStart', 'AccessEnd',
    'ApprovalsGiven', 'ApprovalsNeeded'
$bidi = "evil $([char]0x202e)txt.exe"
$long = New-TestRequest @{ requestId = 'EXSR123456'; serviceName = 'SharePoint'; reason = ('Troubleshoot a very long story. ' * 10) }
$odd = New-TestRequest @{ reason = "2026-11-21T14:30:00Z"; citizenship = '/Date(1000)/' }
$hidden = New-TestRequest @{ reason = $bidi }

It 'a request has all its properties, in order, plain' {
    foreach ($request in Get-AccessToCustomerDataRequest) {
        Assert-Equal @($request.PSObject.Properties.Name) $order
        Assert-Equal @($request.PSObject.Properties.MemberType | Select-Object -Unique | ForEach-Object { "$_" }) @('NoteProperty')
        Assert-Equal $request.PSObject.TypeNames[0] 'CustomerLockbox.Request'
        Assert-Equal $request.PSObject.BaseObject.GetType().Name 'PSCustomObject'
    }
}
It 'what is unknown is $null, a duration is a TimeSpan' {
    $seen = Get-AccessToCustomerDataRequest -RequestId EXSR123456
    foreach ($name in 'DecidedBy', 'DecidedDate', 'Comment', 'AccessStart', 'AccessEnd') { Assert-True ($null -eq $seen.$name) $name }
    Assert-Equal $seen.Duration.GetType().FullName 'System.TimeSpan'
    Assert-Equal $seen.Duration.TotalHours 2.0
    Assert-Equal $seen.Identity $long.identity
    Assert-Equal $seen.Tenant $World.tenant
    Assert-Equal $seen.Requestor 'Microsoft Engineer'
}
It 'text that looks like a date stays the same string' {
    $seen = Get-AccessToCustomerDataRequest -RequestId $odd.identity
    Assert-Equal $seen.Reason.GetType().Name 'String'
    Assert-Equal $seen.Reason '2026-11-21T14:30:00Z'
    Assert-Equal $seen.Citizenship '/Date(1000)/'
    $raw = Invoke-CustomerLockboxMethod -Method request.get -Params @{ requestId = $odd.identity }
    Assert-Equal $raw.request.createdDate.GetType().Name 'String'
}
It 'text that looks like a date stays a string without -DateKind too' {
    $text = '{"a":"2026-11-21T14:30:00Z","b":["2026-11-21T14:30:00+02:00",{"c":"/Date(1000)/"}],"d":"x \"2026-11-21T14:30:00Z\"","e":"\\\"2026-11-21T00:00:00","n":null,"i":1,"t":true,"l":[]}'
    $plain = Invoke-InModule { param($t) ConvertFrom-LockboxJson -Text $t } @($text)
    $other = Invoke-InModule { param($t) ConvertFrom-LockboxJson -Text $t -WithoutDateKind } @($text)
    foreach ($value in $plain, $other) {
        Assert-Equal $value.a '2026-11-21T14:30:00Z'
        Assert-Equal $value.b[0] '2026-11-21T14:30:00+02:00'
        Assert-Equal $value.b[1].c '/Date(1000)/'
        Assert-Equal $value.d 'x "2026-11-21T14:30:00Z"'
        Assert-Equal $value.e '\"2026-11-21T00:00:00'
        Assert-Equal $value.i 1
        Assert-True ($null -eq $value.n)
        Assert-Equal @($value.l).Count 0
    }
}
function Test-Table {
    param([string]$Culture, $Requests)
    $before = [cultureinfo]::CurrentCulture
    [cultureinfo]::CurrentCulture = [cultureinfo]::GetCultureInfo($Culture)
    try {
        $lines = ($Requests | Out-String -Width 80).Split("`n").TrimEnd()
    }
    finally {
        [cultureinfo]::CurrentCulture = $before
    }
    foreach ($line in $lines) { Assert-True ($line.Length -le 80) "$($line.Length): $line" }
    $header = $lines | Where-Object { $_ -match '^RequestId' }
    Assert-Match $header '^RequestId +ServiceName +ApprovalStatus +Requestor +Expires \(UTC\) +Reason'
    $row = @($lines | Where-Object { $_ -match '^EXSR123456' })
    Assert-Equal $row.Count 1
    Assert-Match $row[0] ('^EXSR123456 SharePoint +Pending +Microsoft Engineer ' + ([datetime]$long.expirationDate).ToUniversalTime().ToString('yyyy-MM-dd HH:mm', [cultureinfo]::InvariantCulture) + ' Tro')
    Assert-True (-not ($lines -match [regex]::Escape($long.identity))) 'no GUID'
    Assert-True (-not ($lines -match [char]0x202e)) 'no bidirectional control'
    Assert-True (@($lines -match 'evil').Count -eq 1)
}
It 'the table fits 80 columns in en-US' { Test-Table en-US (Get-AccessToCustomerDataRequest) }
It 'the table fits 80 columns in de-DE' { Test-Table de-DE (Get-AccessToCustomerDataRequest) }
It 'a deserialized request has the same table' {
    $file = "$($World.scratch)/requests.xml"
    Get-AccessToCustomerDataRequest | Export-Clixml -Path $file
    $back = Import-Clixml -Path $file
    Assert-Equal $back[0].PSObject.TypeNames[0] 'Deserialized.CustomerLockbox.Request'
    Test-Table en-US $back
    Test-Table de-DE $back
}
It 'a wide table shows the controls escaped' {
    $text = Get-AccessToCustomerDataRequest -RequestId $hidden.identity | Out-String -Width 200
    Assert-Match $text 'evil \\u202etxt\.exe'
}
It 'Format-List shows every property' {
    $text = Get-AccessToCustomerDataRequest -RequestId EXSR123456 | Format-List | Out-String
    foreach ($name in $order) { Assert-Match $text "(?m)^$name +:" }
    Assert-Match $text $long.identity
}
It 'Set- writes nothing, and with -PassThru the request' {
    $nothing = @(Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $odd.identity)
    Assert-Equal $nothing.Count 0
    $request = @(Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $hidden.identity -Comment 'ja ✓ 日本' -PassThru)
    Assert-Equal $request.Count 1
    Assert-Equal $request[0].PSObject.TypeNames[0] 'CustomerLockbox.Request'
    Assert-Equal $request[0].ApprovalStatus 'Approved'
    Assert-Equal $request[0].Comment 'ja ✓ 日本'
    Assert-Equal ([string]$request[0].DecidedDate.Kind) 'Utc'
    Assert-Equal ($request[0].AccessEnd - $request[0].AccessStart) $request[0].Duration
    Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -RequestId $hidden.identity
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId EXSR123456
}
It 'a list pages: everything once, newest first, each page written as it arrives' {
    foreach ($n in 1..103) {
        $made = New-TestRequest
        $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Deny' }
    }
    $stream = @(Get-AccessToCustomerDataRequest -Verbose 4>&1)
    $requests = @($stream | Where-Object { $_ -isnot [System.Management.Automation.VerboseRecord] })
    Assert-Equal $requests.Count 106
    Assert-Equal @($requests.Identity | Sort-Object -Unique).Count 106
    Assert-Equal @($requests.CreatedDate) @($requests.CreatedDate | Sort-Object -Descending)
    $calls = @(0..($stream.Count - 1) | Where-Object { $stream[$_] -is [System.Management.Automation.VerboseRecord] })
    Assert-Equal $calls @(0, 101) 'the second call comes after the first hundred objects'
}
It 'paging stops when the pipeline stops' {
    $stream = @(Get-AccessToCustomerDataRequest -Verbose 4>&1 | Select-Object -First 2)
    Assert-Equal $stream.Count 2
    $verbose = $null
    $ps = [powershell]::Create()
    $null = $ps.AddScript("Connect-CustomerLockbox -Url '$($World.url)' -Token '$($World.admin)'; Get-AccessToCustomerDataRequest -Verbose | Select-Object -First 1")
    Assert-Equal @($ps.Invoke()).Count 1
    Assert-Equal @($ps.Streams.Verbose | Where-Object { "$_" -match 'request\.list' }).Count 1
    Assert-Equal $ps.Streams.Progress.Count 0 'web calls draw nothing'
    $ps.Dispose()
}
It 'progress is drawn from the second page on, and off when the preference says so' {
    $ps = [powershell]::Create()
    $null = $ps.AddScript("Connect-CustomerLockbox -Url '$($World.url)' -Token '$($World.admin)'; `$null = Get-AccessToCustomerDataRequest; `$null = Get-AccessToCustomerDataRequest -RequestId EXSR123456")
    $null = $ps.Invoke()
    $drawn = @($ps.Streams.Progress)
    Assert-Equal @($drawn.RecordType | ForEach-Object { "$_" }) @('Processing', 'Completed')
    Assert-Equal @($drawn.Activity | Select-Object -Unique) @('Reading requests')
    Assert-Equal $drawn[0].StatusDescription '100 so far'
    foreach ($off in '$ProgressPreference = ''SilentlyContinue''; Get-AccessToCustomerDataRequest', 'Get-AccessToCustomerDataRequest -ProgressAction SilentlyContinue',
        'function f { $ProgressPreference = ''SilentlyContinue''; Get-AccessToCustomerDataRequest }; f') {
        $ps.Streams.Progress.Clear()
        $ps.Commands.Clear()
        $null = $ps.AddScript($off, $true)
        Assert-Equal @($ps.Invoke()).Count 106
        Assert-Equal $ps.Streams.Progress.Count 0 $off
    }
    $ps.Streams.Progress.Clear()
    $ps.Commands.Clear()
    $null = $ps.AddScript('Get-AccessToCustomerDataRequest | Select-Object -First 102')
    Assert-Equal @($ps.Invoke()).Count 102
    Assert-Equal $ps.Streams.Error.Count 0 'a pipeline that stops early leaves no error'
    Assert-Equal "$(@($ps.Streams.Progress)[-1].RecordType)" 'Completed' 'and no bar'
    $ps.Dispose()
}
It 'an audit record is mutable, and AuditData is passed on untouched' {
    $record = @(Search-UnifiedAuditLog -StartDate ([datetime]::UtcNow.AddHours(-1)) -EndDate ([datetime]::UtcNow.AddHours(1)) -ResultSize 1)[0]
    $raw = (Invoke-Rpc $World.admin 'audit.search' @{ resultSize = 1 }).records[0]
    Assert-Equal $record.AuditData.GetType().Name 'String'
    Assert-Equal $record.AuditData $raw.auditData
    $record.AuditData = $record.AuditData | ConvertFrom-Json
    Assert-Equal $record.AuditData.Id $record.Identity
    Assert-Equal @($record.PSObject.Properties.MemberType | Select-Object -Unique | ForEach-Object { "$_" }) @('NoteProperty')
}
It 'the module has no classes, enums, or property sets' {
    foreach ($file in Get-ChildItem -Path (Get-Module CustomerLockbox).ModuleBase -Recurse -File) {
        $text = [System.IO.File]::ReadAllText($file.FullName)
        Assert-True ($text -notmatch '(?m)^\s*(class|enum)\s+\w+\s*\{') $file.Name
        Assert-True ($text -notmatch 'ListControl|DefaultDisplayPropertySet|ScriptProperty') $file.Name
    }
}
It 'results of methods survive serialization whole' {
    $file = "$($World.scratch)/result.xml"
    Invoke-CustomerLockboxMethod request.list @{ pageSize = 2 } | Export-Clixml -Path $file
    $back = Import-Clixml -Path $file
    Assert-Equal $back.requests.Count 2
    Assert-Match $back.requests[0].identity '^[0-9a-f-]{36}$'
}
Complete-Tests
