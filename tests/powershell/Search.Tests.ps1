. "$PSScriptRoot/Harness.ps1"
Connect-As admin
$decisions = 12
$ids = foreach ($n in 1..$decisions) {
    $made = New-TestRequest
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Deny'; comment = "number $n" }
    $made.identity
}
$start = [datetime]::UtcNow.AddHours(-1)
$end = [datetime]::UtcNow.AddHours(1)
$range = @{ StartDate = $start; EndDate = $end; Operations = 'Set-AccessToCustomerDataRequest' }

It 'a record has the documented properties in the documented order' {
    $record = @(Search-UnifiedAuditLog @range)[0]
    Assert-Equal @($record.PSObject.Properties.Name) @('RunspaceId', 'RecordType', 'CreationDate', 'UserIds', 'Operations', 'AuditData', 'ResultIndex', 'ResultCount', 'Identity', 'IsValid', 'ObjectState')
    $data = $record.AuditData | ConvertFrom-Json -DateKind String
    Assert-Equal $record.RecordType 'ExchangeAdmin'
    Assert-Equal $data.RecordType 1
    Assert-Equal $record.Identity $data.Id
    Assert-Equal $record.Operations $data.Operation
    Assert-Equal $record.UserIds $data.UserId
    Assert-Equal $record.CreationDate.ToString("yyyy-MM-dd'T'HH:mm:ss", [cultureinfo]::InvariantCulture) $data.CreationTime
    Assert-Equal $record.RunspaceId.ToString() ([runspace]::DefaultRunspace.InstanceId.ToString())
    Assert-Equal @($record.IsValid, $record.ObjectState) @($true, 'Unchanged')
}
It 'records come newest first' {
    $records = @(Search-UnifiedAuditLog @range)
    Assert-Equal $records.Count $decisions
    Assert-Equal @($records | ForEach-Object { ($_.AuditData | ConvertFrom-Json).ObjectId }) @($ids[($decisions - 1)..0])
}
It 'P1-P3: ResultIndex counts over the pages of a session, ResultCount is the total on every record' {
    $all = @()
    $pages = 0
    do {
        $page = @(Search-UnifiedAuditLog @range -SessionId 'p1' -SessionCommand ReturnLargeSet -ResultSize 5)
        if ($page.Count) {
            Assert-Equal @($page.ResultIndex) @(($all.Count + 1)..($all.Count + $page.Count))
            Assert-Equal @($page.ResultCount | Select-Object -Unique) @($decisions)
        }
        $all += $page
        $pages++
    } until ($page.Count -eq 0 -or $page[-1].ResultIndex -ge $page[-1].ResultCount -or $pages -gt 9)
    Assert-Equal $pages 3
    Assert-Equal $all.Count $decisions
    Assert-Equal @($all.Identity | Sort-Object -Unique).Count $decisions
}
It 'after the last record the next call returns nothing and warns, and so does every further one' {
    $null = Search-UnifiedAuditLog @range -SessionId 'drain' -SessionCommand ReturnLargeSet
    foreach ($n in 1..2) {
        $next = @(Search-UnifiedAuditLog @range -SessionId 'drain' -SessionCommand ReturnLargeSet 3>&1)
        Assert-Equal $next.Count 1
        Assert-Equal $next[0].GetType().Name 'WarningRecord'
        Assert-Match "$($next[0])" "Session 'drain' has returned all of its $decisions records"
    }
}
It 'a page that is not the last does not warn, and neither does the last' {
    $first = @(Search-UnifiedAuditLog @range -SessionId 'quiet' -ResultSize 6 3>&1)
    $second = @(Search-UnifiedAuditLog @range -SessionId 'quiet' -ResultSize 6 3>&1)
    Assert-Equal @($first.Count, $second.Count) @(6, 6)
}
It 'a loop that asks until nothing comes ends, also with (Get-Date) inside it' {
    $count = 0
    do {
        $page = @(Search-UnifiedAuditLog -StartDate (Get-Date).AddHours(-1) -EndDate (Get-Date) -Operations Set-AccessToCustomerDataRequest -SessionId 'sliding' -ResultSize 5 -WarningAction SilentlyContinue)
        $count += $page.Count
    } while ($page.Count -gt 0 -and $count -lt 100)
    Assert-Equal $count $decisions
}
It 'P4: -ResultSize 1 without a session tells the total' {
    Assert-Equal (Search-UnifiedAuditLog @range -ResultSize 1 | Select-Object -First 1 -ExpandProperty ResultCount) $decisions
    $line = Search-UnifiedAuditLog @range -ResultSize 1 | Out-String -Stream | Select-String ResultCount
    Assert-Equal ([int]"$line".Split(':')[1]) $decisions
    Assert-Equal @(Search-UnifiedAuditLog @range -ResultSize 1).Count 1
    Assert-Equal @(Search-UnifiedAuditLog @range -ResultSize 1)[0].ResultIndex 1
}
It 'P7: one SessionId serves the next range' {
    Assert-Equal @(Search-UnifiedAuditLog @range -SessionId s -SessionCommand ReturnLargeSet).Count $decisions
    $earlier = @{ StartDate = $start.AddDays(-2); EndDate = $start.AddDays(-1); Operations = 'Set-AccessToCustomerDataRequest' }
    Assert-Equal @(Search-UnifiedAuditLog @earlier -SessionId s -SessionCommand ReturnLargeSet).Count 0
    $wider = @{ StartDate = $start.AddDays(-2); EndDate = $end; Operations = 'Set-AccessToCustomerDataRequest' }
    Assert-Equal @(Search-UnifiedAuditLog @wider -SessionId s -SessionCommand ReturnLargeSet).Count $decisions
}
It 'other filters are another session, another connection too' {
    $null = Search-UnifiedAuditLog @range -SessionId key
    Assert-Equal @(Search-UnifiedAuditLog -StartDate $start -EndDate $end -SessionId key -FreeText 'number 1').Count 4
    Connect-As admin
    Assert-Equal @(Search-UnifiedAuditLog @range -SessionId key).Count $decisions
}
It 'P8: a SessionId may be a number, a GUID, an instant, or text with : and _' {
    foreach ($id in 110307, (Get-Random), [guid]::NewGuid(), '2026-11-21T12:00:00Z', 'a:b_c d', 1.5) {
        Assert-Equal @(Search-UnifiedAuditLog @range -SessionId $id -ResultSize 7).Count 7 "$id"
        Assert-Equal @(Search-UnifiedAuditLog @range -SessionId $id -ResultSize 7).Count 5 "$id"
    }
}
It 'P9: UserIds take *, comma strings, arrays, and a star inside; Operations comma strings' {
    $service = @(Search-UnifiedAuditLog @range)[0].UserIds
    $between = @{ StartDate = $start; EndDate = $end; ResultSize = 5000 }
    $all = @(Search-UnifiedAuditLog @between).Count
    Assert-True ($all -gt $decisions)
    Assert-Equal @(Search-UnifiedAuditLog @between -UserIds '*').Count $all
    Assert-Equal @(Search-UnifiedAuditLog @between -UserIds "nobody@x, $service").Count $decisions
    Assert-Equal @(Search-UnifiedAuditLog @between -UserIds 'nobody@x', $service).Count $decisions
    Assert-Equal @(Search-UnifiedAuditLog @between -UserIds 'BOXService*').Count $decisions
    Assert-Equal @(Search-UnifiedAuditLog @between -UserIds *#EXT#*).Count 0
    Assert-Equal @(Search-UnifiedAuditLog @between -Operations 'Nothing, Set-AccessToCustomerDataRequest').Count $decisions
    Assert-Equal @(Search-UnifiedAuditLog @between -ObjectIds $ids[0], $ids[1] -Operations Set-AccessToCustomerDataRequest).Count 2
    Assert-Equal @(Search-UnifiedAuditLog @between -ObjectIds "$($ids[0]),$($ids[1])" -Operations Set-AccessToCustomerDataRequest).Count 2
    Assert-Equal @(Search-UnifiedAuditLog @range -IPAddresses 192.0.2.1).Count 0
    Assert-Equal @(Search-UnifiedAuditLog @range -IPAddresses '192.0.2.1,127.0.0.1').Count $decisions
}
It 'P10: -Start, -End, -UserId and -ObjectId are understood' {
    Assert-Equal @(Search-UnifiedAuditLog -Start $start -End $end -UserId 'BOXService*').Count $decisions
    Assert-Equal @(Search-UnifiedAuditLog -Start $start -End $end -ObjectId $ids[0] -Op Set-AccessToCustomerDataRequest).Count 1
}
It 'P11: a range of no width returns nothing' {
    $nothing = @(Search-UnifiedAuditLog -StartDate $end -EndDate $end -ResultSize 1 3>&1)
    Assert-Equal $nothing.Count 0
}
It 'P12: dates as people write them, and an end in the future' {
    foreach ($from in $start, $start.ToLocalTime(), $start.ToString('MM/dd/yyyy HH:mm:ss', [cultureinfo]::InvariantCulture), ($start.ToString('yyyy-MM-dd HH:mm:ss', [cultureinfo]::InvariantCulture) + 'z')) {
        Assert-Equal @(Search-UnifiedAuditLog -StartDate $from -EndDate (Get-Date).AddDays(1) -Operations Set-AccessToCustomerDataRequest).Count $decisions "$from"
    }
}
It 'P13, P14: records are mutable, and sort to one of each' {
    $records = @(Search-UnifiedAuditLog @range) + @(Search-UnifiedAuditLog @range)
    Assert-Equal @($records | Sort-Object Identity -Unique).Count $decisions
    $read = $records | ForEach-Object { $_.AuditData = $_.AuditData | ConvertFrom-Json; $_ }
    Assert-Equal $read[0].AuditData.Workload 'Exchange'
}
It 'P15, P16: the members that scripts read are there' {
    $data = @(Search-UnifiedAuditLog @range)[0].AuditData | ConvertFrom-Json
    foreach ($name in 'ObjectId', 'UserId', 'Parameters', 'Operation', 'CreationTime', 'Workload', 'ClientIP', 'ResultStatus', 'UserType') {
        Assert-True ($null -ne $data.PSObject.Properties[$name]) $name
    }
    Assert-Equal @($data.Parameters.Name)[0..2] @('Comment', 'ApprovalDecision', 'RequestId')
}
It 'an optional filter that is null, blank or empty counts as not given' {
    $count = @(Search-UnifiedAuditLog @range -UserIds $null -ObjectIds @() -IPAddresses '' -FreeText $null -RecordType $null -SessionCommand '' -SessionId '' -SiteIds @()).Count
    Assert-Equal $count $decisions
    Assert-Equal @(Search-UnifiedAuditLog @range -RecordType @() -SessionId $null).Count $decisions
    Assert-Equal @(Search-UnifiedAuditLog @range -RecordType '' -FreeText '').Count $decisions
}
It 'a record type is a name in any case, or a number; several are an error of the command' {
    foreach ($type in 'ExchangeAdmin', 'exchangeadmin', " ExchangeAdmin`n", 1, '1', @('ExchangeAdmin')) {
        Assert-Equal @(Search-UnifiedAuditLog @range -RecordType $type).Count $decisions "$type"
    }
    Assert-Equal @(Search-UnifiedAuditLog @range -RecordType SharePoint).Count 0
    Assert-Equal @(Search-UnifiedAuditLog @range -RecordType SyntheticProbe).Count 0 'retired names too'
    foreach ($several in @('ExchangeAdmin', 'SharePoint'), 'ExchangeAdmin,SharePoint') {
        $record = Assert-Throws { Search-UnifiedAuditLog @range -RecordType $several } 'LockboxUsage,Search-UnifiedAuditLog'
        Assert-Match $record.Exception.Message 'one record type'
        Assert-Equal ([string]$record.CategoryInfo.Category) 'InvalidArgument'
    }
    $sent = Invoke-InModule { ConvertTo-LockboxSearchFilter -Bound @{ RecordType = 'eXchangeadmin' } }
    Assert-Equal $sent.recordType 'ExchangeAdmin' 'sent as documented'
}
It 'a session command is a whole word in any case' {
    foreach ($command in 'ReturnLargeSet', 'returnnextpreviewpage', 'INITIALIZE') {
        Assert-Equal @(Search-UnifiedAuditLog @range -SessionId "c $command" -SessionCommand $command -ResultSize 3).Count 3 $command
    }
    Assert-Equal @(Search-UnifiedAuditLog @range -SessionCommand ReturnLargeSet).Count $decisions 'without a session'
    foreach ($wrong in 0, 'Return', 'ReturnLarge') {
        $null = Assert-Throws { Search-UnifiedAuditLog @range -SessionCommand $wrong } 'LockboxUsage.*SessionCommand'
    }
}
It 'ResultSize is 1 to 5000, and 100 if not given' {
    foreach ($wrong in 0, 5001, -1) { $null = Assert-Throws { Search-UnifiedAuditLog @range -ResultSize $wrong } 'ParameterArgumentValidationError' }
    Assert-Equal @(Search-UnifiedAuditLog @range -ResultSize 5000).Count $decisions
    Assert-True (@(Search-UnifiedAuditLog -StartDate $start -EndDate $end).Count -le 100)
}
It 'the start counts as inside the range, the end as outside' {
    $newest = @(Search-UnifiedAuditLog @range)[0].CreationDate
    Assert-True (@(Search-UnifiedAuditLog -StartDate $newest -EndDate $end -Operations Set-AccessToCustomerDataRequest).Count -ge 1)
    Assert-Equal @(Search-UnifiedAuditLog -StartDate $newest.AddSeconds(1) -EndDate $end -Operations Set-AccessToCustomerDataRequest).Count 0
    Assert-Equal @(Search-UnifiedAuditLog -StartDate $start.AddDays(-1) -EndDate $start -Operations Set-AccessToCustomerDataRequest).Count 0
}
It 'switches that scripts pass are accepted, and -OutVariable collects' {
    $kept = [System.Collections.ArrayList]::new()
    $record = @(Search-UnifiedAuditLog @range -Formatted -HighCompleteness -LegacyFlow -LongerRetentionEnabled true -ResultSize 3 -OutVariable +kept)
    Assert-Equal $record[0].RecordType 'ExchangeAdmin' 'with -Formatted too'
    $null = Search-UnifiedAuditLog @range -ResultSize 2 -OutVariable +kept
    Assert-Equal $kept.Count 5
    $site = @(Search-UnifiedAuditLog @range -SiteIds 5f3c 3>&1)
    Assert-Equal $site.Count 1
    Assert-Match "$($site[0])" 'finds nothing'
}
It 'StartDate and EndDate are mandatory, and blank ones an error' {
    foreach ($name in 'StartDate', 'EndDate') {
        $attribute = (Get-Command Search-UnifiedAuditLog).Parameters[$name].Attributes | Where-Object { $_ -is [Parameter] }
        Assert-True $attribute.Mandatory
    }
    $null = Assert-Throws { Search-UnifiedAuditLog -StartDate $null -EndDate $end }
    $null = Assert-Throws { Search-UnifiedAuditLog -StartDate '' -EndDate $end }
    $null = Assert-Throws { Search-UnifiedAuditLog -StartDate 'x' -EndDate $end } 'LockboxUsage.*StartDate'
}
It 'search that was turned off is an error that says so' {
    Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $false
    try {
        $null = Assert-Throws { Search-UnifiedAuditLog @range } 'LockboxAuditSearchDisabled'
    }
    finally {
        Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true
    }
    Assert-Equal @(Search-UnifiedAuditLog @range).Count $decisions 'records were written all the same'
}
Complete-Tests
