# The examples of the reference pages, word for word, against a running daemon.
. "$PSScriptRoot/Harness.ps1"
$made = New-TestRequest @{ requestId = 'EXSR123456'; reason = "Troubleshoot issues impacting the customer's service"; durationSeconds = 14400 }
Connect-As admin
$day = [datetime]::UtcNow.Date
$from = $day.AddDays(-1).ToString('MM/dd/yyyy', [cultureinfo]::InvariantCulture)
$to = $day.AddDays(2).ToString('MM/dd/yyyy', [cultureinfo]::InvariantCulture)

It 'Get-AccessToCustomerDataRequest' {
    $text = Get-AccessToCustomerDataRequest | Out-String -Width 80
    Assert-Match $text 'EXSR123456 +Exchange +Pending +Microsoft Engineer'
}
It 'Get-AccessToCustomerDataRequest -ApprovalStatus Pending' {
    $found = @(Get-AccessToCustomerDataRequest -ApprovalStatus Pending)
    Assert-Equal @($found.RequestId) @('EXSR123456')
}
It 'Get-AccessToCustomerDataRequest -RequestId EXSR123456 | Format-List' {
    $text = Get-AccessToCustomerDataRequest -RequestId EXSR123456 | Format-List | Out-String
    Assert-Match $text '(?m)^RequestId +: EXSR123456'
    Assert-Match $text "(?m)^Identity +: $($made.identity)"
    Assert-Match $text '(?m)^Requestor +: Microsoft Engineer'
    Assert-Match $text '(?m)^Duration +: 04:00:00'
    Assert-Match $text '(?m)^ApprovalStatus +: Pending'
}
It 'the customer has twelve hours from the arrival' {
    $request = Get-AccessToCustomerDataRequest -RequestId EXSR123456
    Assert-Equal ($request.ExpirationDate - $request.SentToCustomerDate).TotalHours 12.0
}
It 'Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId EXSR123456 -Comment "Troubleshoot issues in Rick Hofer mailbox"' {
    $output = Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId EXSR123456 -Comment "Troubleshoot issues in Rick Hofer mailbox"
    Assert-True ($null -eq $output)
    $request = Get-AccessToCustomerDataRequest -RequestId EXSR123456
    Assert-Equal $request.ApprovalStatus 'Approved'
    Assert-Equal $request.DecidedBy "admin@$($World.tenant)"
    Assert-Equal ($request.AccessEnd - $request.AccessStart).TotalHours 4.0
}
It 'Search-UnifiedAuditLog -StartDate xx/xx/xxxx -EndDate xx/xx/xxxx -Operations Set-AccessToCustomerDataRequest: key by key' {
    $records = @(Search-UnifiedAuditLog -StartDate $from -EndDate $to -Operations Set-AccessToCustomerDataRequest)
    Assert-Equal $records.Count 1
    $data = $records[0].AuditData | ConvertFrom-Json -DateKind String
    # facts-contract 3.1: these keys, in this order, before anything of ours.
    $documented = 'ClientIP', 'CreationTime', 'ExternalAccess', 'Id', 'ObjectId', 'Operation', 'OrganizationId', 'OrganizationName', 'OriginatingServer',
        'Parameters', 'RecordType', 'ResultStatus', 'SessionId', 'UserId', 'UserKey', 'UserType', 'Version', 'Workload'
    Assert-Equal @($data.PSObject.Properties.Name)[0..($documented.Count - 1)] $documented
    Assert-Match $data.ClientIP '^(\d+\.){3}\d+:\d+$|^\[[0-9a-f:]+\]:\d+$'
    Assert-Match $data.CreationTime '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$'
    Assert-Equal $data.ExternalAccess $true
    Assert-Match $data.Id '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
    Assert-Equal $data.ObjectId $made.identity
    Assert-Equal $data.Operation 'Set-AccessToCustomerDataRequest'
    Assert-Equal $data.OrganizationId $World.tenantId
    Assert-Equal $data.OrganizationName $World.tenant
    Assert-Match $data.OriginatingServer '\S'
    Assert-Equal @($data.Parameters[0..2] | ForEach-Object { "$($_.Name)=$($_.Value)" }) @('Comment=Troubleshoot issues in Rick Hofer mailbox', 'ApprovalDecision=Approve', "RequestId=$($made.identity)")
    Assert-Equal @($data.Parameters[0].PSObject.Properties.Name) @('Name', 'Value')
    Assert-Equal $data.RecordType 1
    Assert-Equal $data.ResultStatus 'True'
    Assert-Equal $data.SessionId ''
    Assert-Match $data.UserId '^BOXServiceAccount@[\w.-]+\.prod\.outlook\.com$'
    Assert-Equal $data.UserKey $data.UserId
    Assert-Equal $data.UserType 3
    Assert-Equal $data.Version 1
    Assert-Equal $data.Workload 'Exchange'
    Assert-True ($null -ne $data.PSObject.Properties['Actor']) 'the real approver stands beside'
    Assert-Match (ConvertTo-Json $data.Actor -Depth 9) "admin@$([regex]::Escape($World.tenant))"
    Assert-Equal @($records[0].UserIds, $records[0].Operations, $records[0].RecordType) @($data.UserId, $data.Operation, 'ExchangeAdmin')
}
It 'Search-UnifiedAuditLog -StartDate xx/xx/xxxx -EndDate xx/xx/xxxx -UserIds "Microsoft Operator": key by key' {
    $null = Invoke-Rpc $World.engineer 'activity.record' @{ tenant = $World.tenant; requestId = $made.identity; operation = 'New-MailboxSearch'; parameters = @(@{ name = 'Name'; value = 'Search1' }) }
    $records = @(Search-UnifiedAuditLog -StartDate $from -EndDate $to -UserIds "Microsoft Operator")
    Assert-Equal $records.Count 1
    $data = $records[0].AuditData | ConvertFrom-Json -DateKind String
    foreach ($name in 'CreationTime', 'Id', 'Operation', 'OrganizationId', 'RecordType', 'ResultStatus', 'UserKey', 'UserType', 'Version', 'Workload', 'ClientIP', 'ObjectId', 'UserId', 'ExternalAccess', 'OrganizationName', 'OriginatingServer', 'Parameters') {
        Assert-True ($null -ne $data.PSObject.Properties[$name]) $name
    }
    Assert-Equal @($data.UserId, $data.UserKey) @('Microsoft Operator', 'Microsoft Operator')
    Assert-Equal @($data.UserType, $data.RecordType, $data.Version) @(3, 1, 1)
    Assert-Equal $data.ExternalAccess $true
    Assert-Equal $data.ObjectId ''
    Assert-Equal $data.Operation 'New-MailboxSearch'
    Assert-Equal $data.ResultStatus 'True'
    Assert-Equal @($data.Parameters | ForEach-Object { "$($_.Name)=$($_.Value)" })[0] 'Name=Search1'
    Assert-True ($null -ne $data.PSObject.Properties['LockboxRequest']) 'the request that it belongs to stands beside'
    Assert-Equal $records[0].UserIds 'Microsoft Operator'
}
It 'a denial is recorded with the value Deny' {
    $second = New-TestRequest
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $second.requestId
    $data = @(Search-UnifiedAuditLog -StartDate $from -EndDate $to -Operations Set-AccessToCustomerDataRequest)[0].AuditData | ConvertFrom-Json
    Assert-Equal @($data.Parameters[0..2] | ForEach-Object { "$($_.Name)=$($_.Value)" }) @('Comment=', 'ApprovalDecision=Deny', "RequestId=$($second.identity)")
}
It 'the documented decisions and services are accepted' {
    foreach ($service in 'EOP', 'Exchange', 'SharePoint', 'Teams') {
        $request = New-TestRequest @{ serviceName = $service }
        Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -RequestId $request.requestId -ServiceName $service
        Assert-Equal (Get-AccessToCustomerDataRequest -RequestId $request.identity).ApprovalStatus 'Canceled'
    }
}
Complete-Tests
