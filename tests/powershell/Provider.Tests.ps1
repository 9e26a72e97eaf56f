. "$PSScriptRoot/Harness.ps1"
$tenant = $World.tenant

It 'an engineer asks with New-, and gets the request' {
    Connect-As engineer
    $made = @(New-AccessToCustomerDataRequest -Tenant " $tenant " -ServiceName exchange -Reason 'Mailbox does not open' -ServiceRequestNumber CLB-7 -Duration 02:30 -Resource 'rick@contoso', 'second' -DataCategory Mail -AccessLevel WRITE -Operation New-MailboxSearch -Citizenship German -Location Zurich -RequestId EXSR800001)
    Assert-Equal $made.Count 1
    Assert-Equal $made[0].RequestId 'EXSR800001'
    Assert-Equal $made[0].State 'InternalReview'
    Assert-True ($null -eq $made[0].ApprovalStatus)
    Assert-Equal $made[0].ServiceName 'Exchange'
    Assert-Equal $made[0].Duration.ToString() '02:30:00'
    Assert-Equal $made[0].Citizenship 'German'
    Assert-True ($null -eq $made[0].ApprovalsNeeded)
    $raw = (Invoke-Rpc $World.manager 'request.get' @{ requestId = $made[0].Identity }).request
    Assert-Equal @($raw.resources) @('rick@contoso', 'second')
    Assert-Equal $raw.accessLevel 'write'
    Assert-Equal $raw.location 'Zurich'
    Assert-Equal @($raw.operations) @('New-MailboxSearch')
    Assert-Equal @($raw.dataCategories) @('Mail')
}
It 'New- with -WhatIf asks for nothing, and refuses bare numbers and blanks' {
    $before = @(Get-AccessToCustomerDataRequest).Count
    New-AccessToCustomerDataRequest -Tenant $tenant -ServiceName Exchange -Reason x -ServiceRequestNumber 1 -WhatIf 6>$null
    $null = Assert-Throws { New-AccessToCustomerDataRequest -Tenant $tenant -ServiceName Exchange -Reason x -ServiceRequestNumber 1 -Duration 2 } 'LockboxUsage.*duration'
    $null = Assert-Throws { New-AccessToCustomerDataRequest -Tenant ' ' -ServiceName Exchange -Reason x -ServiceRequestNumber 1 } 'LockboxUsage.*Tenant'
    $null = Assert-Throws { New-AccessToCustomerDataRequest -Tenant $tenant -ServiceName NoSuchService -Reason x -ServiceRequestNumber 1 } 'Lockbox'
    Assert-Equal @(Get-AccessToCustomerDataRequest).Count $before
}
It 'a manager sees what waits for review with -State, and Confirm- sends it on' {
    Connect-As manager
    $waiting = @(Get-AccessToCustomerDataRequest -State internalreview -Tenant $tenant)
    Assert-Equal @($waiting.RequestId) @('EXSR800001')
    Confirm-AccessToCustomerDataRequest -Identity EXSR800001 -Tenant $tenant -Decision Approve -WhatIf 6>$null
    Assert-Equal (Get-TestState $waiting[0].Identity) 'InternalReview' 'after -WhatIf'
    Assert-Equal @($waiting | Confirm-AccessToCustomerDataRequest -Decision approve -Comment checked).Count 0
    Assert-Equal (Get-TestState $waiting[0].Identity) 'Pending'
    $null = Assert-Throws { $waiting | Confirm-AccessToCustomerDataRequest -Decision Approve } 'Lockbox(WrongState|AlreadyDecided)'
    $null = Assert-Throws { $waiting | Confirm-AccessToCustomerDataRequest -Decision Approve -WhatIf } 'Lockbox(WrongState|AlreadyDecided)'
}
It 'a reference number needs -Tenant, a piped request brings its GUID' {
    Connect-As manager
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -RequestId EXSR800001 } 'Lockbox'
    Assert-Equal (Get-AccessToCustomerDataRequest -RequestId EXSR800001 -Tenant $tenant).State 'Pending'
    foreach ($name in 'Confirm-AccessToCustomerDataRequest', 'Stop-AccessToCustomerDataRequest') {
        $parameter = (Get-Command $name).Parameters['Identity']
        Assert-Equal @($parameter.Aliases) @('RequestId')
        Assert-True (@($parameter.Attributes | Where-Object { $_ -is [Parameter] })[0].ValueFromPipelineByPropertyName)
    }
}
It 'Confirm- rejects too, takes whole words only, and blanks are errors' {
    $made = New-TestRequest -Internal
    Connect-As manager
    foreach ($wrong in 'Deny', 'Rej', 0, '', $null) { $null = Assert-Throws { Confirm-AccessToCustomerDataRequest -Identity $made.identity -Decision $wrong } 'LockboxUsage.*Decision' }
    $null = Assert-Throws { Confirm-AccessToCustomerDataRequest -Identity $missing -Decision Reject } 'LockboxEmptyId'
    $rejected = Confirm-AccessToCustomerDataRequest -Identity $made.identity -Decision Reject -PassThru
    Assert-Equal $rejected.State 'Rejected'
}
It 'the engineer cannot review, and meets the sentence for an unknown command' {
    $made = New-TestRequest -Internal
    Connect-As engineer
    $null = Assert-Throws { Confirm-AccessToCustomerDataRequest -Identity $made.identity -Decision Approve } "The term 'Confirm-AccessToCustomerDataRequest' is not recognized"
    Stop-AccessToCustomerDataRequest -Identity $made.identity
    Assert-Equal (Get-TestState $made.identity) 'Withdrawn'
}
It 'Stop- withdraws what waits and finishes what runs' {
    Connect-As engineer
    $waiting = New-TestRequest
    $running = New-TestRequest
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $running.identity; decision = 'Approve' }
    Stop-AccessToCustomerDataRequest -Identity $running.identity -WhatIf 6>$null
    Assert-Equal (Get-TestState $running.identity) 'Approved' 'after -WhatIf'
    Assert-Equal @(Stop-AccessToCustomerDataRequest -Identity $waiting.requestId -Tenant $tenant -Comment solved).Count 0
    $done = [pscustomobject]@{ Identity = $running.identity; Comment = 'not this' } | Stop-AccessToCustomerDataRequest -PassThru
    Assert-Equal (Get-TestState $waiting.identity) 'Withdrawn'
    Assert-Equal $done.State 'Completed'
    Assert-Equal $done.ApprovalStatus 'Approved'
    $null = Assert-Throws { Stop-AccessToCustomerDataRequest -Identity $running.identity } 'Lockbox'
    $null = Assert-Throws { Stop-AccessToCustomerDataRequest -Identity '' } 'LockboxEmptyId'
}
It 'Test- writes one Boolean per input' {
    Connect-As engineer
    $made = New-TestRequest
    $answer = @(Test-AccessToCustomerData -Tenant $tenant -RequestId $made.requestId)
    Assert-Equal $answer @($false)
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Approve' }
    $answers = @([pscustomobject]@{ RequestId = $made.requestId }, [pscustomobject]@{ Identity = $made.identity } | Test-AccessToCustomerData -Tenant $tenant)
    Assert-Equal $answers @($true, $true)
    Assert-Equal $answers[0].GetType().FullName 'System.Boolean'
    Assert-Equal @(Test-AccessToCustomerData -Tenant $tenant -RequestId $made.requestId -ServiceName Teams) @($false)
    Assert-Equal @(Test-AccessToCustomerData -Tenant $tenant -RequestId $made.requestId -ServiceName Exchange -AccessLevel READ) @($true)
    $detailed = Test-AccessToCustomerData -Tenant $tenant -RequestId $made.requestId -Detailed
    Assert-Equal $detailed.Allowed $true
    Assert-Equal $detailed.Code 'allowed'
    Assert-Equal $detailed.Identity $made.identity
    Assert-Equal ([string]$detailed.AccessEnd.Kind) 'Utc'
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Cancel' }
    Assert-Equal @(Test-AccessToCustomerData -Tenant $tenant -RequestId $made.requestId) @($false)
}
It 'when Test- cannot know, it writes nothing and ends with an error' {
    Connect-As engineer
    foreach ($way in { Test-AccessToCustomerData -Tenant $tenant -RequestId $missing }, { Test-AccessToCustomerData -Tenant ' ' }, { Test-AccessToCustomerData -Tenant $tenant -Engineer '' }, { Test-AccessToCustomerData -Tenant $tenant -AccessLevel all }) {
        $written = @()
        $record = Assert-Throws { & $way -ErrorAction SilentlyContinue | ForEach-Object { $written += $_ } }
        Assert-Equal $written.Count 0 "$way"
        Assert-Match $record.FullyQualifiedErrorId ',Test-AccessToCustomerData$'
    }
    foreach ($unknown in @{ Tenant = $tenant; RequestId = 'EXSR999999' }, @{ Tenant = 'no.such.tenant' }) {
        $answers = @(try { Test-AccessToCustomerData @unknown } catch { $null })
        Assert-True ($answers -notcontains $true)
    }
    Connect-As reader
    $null = Assert-Throws { Test-AccessToCustomerData -Tenant $tenant } 'CommandNotFoundException'
    Disconnect-CustomerLockbox
    $null = Assert-Throws { Test-AccessToCustomerData -Tenant $tenant } 'LockboxNotConnected'
}
It 'an engineer records what was done, and the customer finds it' {
    Connect-As engineer
    $made = New-TestRequest
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Approve' }
    $quiet = @(Write-CustomerLockboxActivity -Tenant $tenant -RequestId $made.requestId -Operation New-MailboxSearch -Parameters ([ordered]@{ Name = 'One'; Size = 5 }) 3>&1)
    Assert-Equal $quiet.Count 0
    $written = [pscustomobject]@{ Identity = $made.identity } | Write-CustomerLockboxActivity -Tenant $tenant -Operation Add-MailboxPermission -ResultStatus false -PassThru
    Assert-Equal $written.Violation $false
    Connect-As admin
    $found = @(Search-UnifiedAuditLog -StartDate ([datetime]::UtcNow.AddHours(-1)) -EndDate ([datetime]::UtcNow.AddHours(1)) -UserIds 'Microsoft Operator')
    Assert-Equal @($found.Operations) @('Add-MailboxPermission', 'New-MailboxSearch')
    Assert-Equal $found[0].Identity $written.Identity
    $data = $found[1].AuditData | ConvertFrom-Json
    Assert-Equal @($data.Parameters | ForEach-Object { "$($_.Name)=$($_.Value)" })[0..1] @('Name=One', 'Size=5')
    Assert-Equal ($found[0].AuditData | ConvertFrom-Json).ResultStatus 'False'
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Cancel' }
}
It 'an act without a live grant is recorded as a violation, with a warning' {
    Connect-As gateway
    $made = New-TestRequest
    $before = @(Invoke-Rpc $World.admin 'audit.search' @{ operations = @('LockboxViolation') }).total
    Write-CustomerLockboxActivity -Tenant $tenant -RequestId $made.requestId -Operation New-MailboxSearch -Engineer "engineer-provider@provider.example" -WhatIf 6>$null
    Assert-Equal (Invoke-Rpc $World.admin 'audit.search' @{ operations = @('LockboxViolation') }).total $before 'after -WhatIf'
    $seen = @(Write-CustomerLockboxActivity -Tenant $tenant -RequestId $made.requestId -Operation New-MailboxSearch -Engineer 'engineer-provider@provider.example' -OccurredDate ([datetime]::UtcNow) -ClientIP '192.0.2.7' -PassThru 3>&1)
    Assert-Equal $seen.Count 2
    Assert-Match "$($seen[0])" 'violation'
    Assert-Equal $seen[1].Violation $true
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $made.identity; decision = 'Deny' }
}
Deny-TestRequests
Complete-Tests
