. "$PSScriptRoot/Harness.ps1"
Connect-As admin

function New-Script {
    param([string]$Name, [string]$Text)
    $path = Join-Path $World.scratch $Name
    [System.IO.File]::WriteAllText($path, $Text)
    $path
}

It 'an error record has category, id, target and recommended action' {
    Get-AccessToCustomerDataRequest -RequestId EXSR999999 -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal $failed.Count 1 'one error, one entry'
    Assert-Equal $failed[0].FullyQualifiedErrorId 'LockboxNotFound,Get-AccessToCustomerDataRequest'
    Assert-Equal ([string]$failed[0].CategoryInfo.Category) 'ObjectNotFound'
    Assert-Equal $failed[0].TargetObject 'EXSR999999'
    Assert-True (-not [string]::IsNullOrEmpty($failed[0].ErrorDetails.RecommendedAction))
    Assert-Equal $failed[0].Exception.Data['code'] 'notFound'
    Assert-Match $failed[0].InvocationInfo.MyCommand '^Get-AccessToCustomerDataRequest$'
}
It 'every kind of failure has category, id, target and recommended action' {
    $fresh = New-TestRequest
    $file = "$($World.scratch)/exists.csv"
    [System.IO.File]::WriteAllText($file, '')
    $ways = @(
        { Get-AccessToCustomerDataRequest -ApprovalStatus x }
        { Get-AccessToCustomerDataRequest -RequestId '' }
        { Get-AccessToCustomerDataRequest -CreatedAfter x }
        { Get-AccessToCustomerDataRequest -Tenant ' ' }
        { Set-AccessToCustomerDataRequest -ApprovalDecision x -RequestId y }
        { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId EXSR999999 }
        { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -ServiceName Teams }
        { Search-UnifiedAuditLog -StartDate x -EndDate y }
        { Search-UnifiedAuditLog -StartDate 2026-01-01 -EndDate 2026-01-02 -RecordType a, b }
        { Search-UnifiedAuditLog -StartDate 2026-01-01 -EndDate 2026-01-02 -SessionCommand x }
        { Export-CustomerLockboxAuditLog -Path $file }
        { Invoke-CustomerLockboxMethod -Method no.such }
        { Invoke-CustomerLockboxMethod -Method request.get -Params @{ requestId = 5 } }
        { Connect-CustomerLockbox -Url ftp://x -Token y }
        { Connect-CustomerLockbox -Url http://192.0.2.1 -Token y }
        { Connect-CustomerLockbox -Url http://127.0.0.1:1 -Token y }
        { Connect-CustomerLockbox -Url $World.url -Token lbt_wrong }
        { Connect-CustomerLockbox -Url $World.url -Code wrong }
        { Connect-CustomerLockbox -Url $World.url -Code claim-wrong }
        { New-AccessToCustomerDataRequest -Tenant x -ServiceName Exchange -Reason x -ServiceRequestNumber 1 -Duration 2 }
        { New-AccessToCustomerDataRequest -Tenant x -ServiceName Exchange -Reason x -ServiceRequestNumber 1 }
        { Confirm-AccessToCustomerDataRequest -Identity $fresh.identity -Decision Deny }
        { Stop-AccessToCustomerDataRequest -Identity $fresh.identity }
        { Test-AccessToCustomerData -Tenant $World.tenant }
        { Write-CustomerLockboxActivity -Tenant $World.tenant -RequestId '' -Operation x }
    )
    foreach ($way in $ways) {
        $record = Assert-Throws $way
        Assert-Match $record.FullyQualifiedErrorId '^(Lockbox\w+|CommandNotFoundException),' "$way"
        Assert-True ($record.CategoryInfo.Category -ne 'NotSpecified') "$way has no category"
        Assert-True ($null -ne $record.TargetObject) "$way has no target"
        Assert-True (-not [string]::IsNullOrWhiteSpace($record.ErrorDetails.RecommendedAction)) "$way has no recommended action"
    }
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
}
It 'Get- with filters that exclude the request writes nothing, and no error' {
    $fresh = New-TestRequest
    $found = @(Get-AccessToCustomerDataRequest -RequestId $fresh.requestId -ApprovalStatus Denied)
    Assert-Equal $found.Count 0
    Assert-Equal @(Get-AccessToCustomerDataRequest -RequestId $fresh.requestId -CreatedAfter ([datetime]::UtcNow.AddDays(1))).Count 0
    Assert-Equal (Get-AccessToCustomerDataRequest -RequestId $fresh.requestId -ApprovalStatus Pending).Identity $fresh.identity
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -RequestId EXSR999999 -ApprovalStatus Denied } 'LockboxNotFound'
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
}
It 'one failed item does not stop the others, and a lost race on the first of three leaves two decided' {
    $three = (New-TestRequest), (New-TestRequest), (New-TestRequest)
    $queue = Get-AccessToCustomerDataRequest -ApprovalStatus Pending | Sort-Object CreatedDate
    Assert-Equal @($queue.Identity) @($three.identity)
    $null = Invoke-Rpc $World.approver 'request.decide' @{ requestId = $three[0].identity; decision = 'Approve' }
    $queue | Set-AccessToCustomerDataRequest -ApprovalDecision Deny -ErrorAction Continue -ErrorVariable failed 2>$null
    Assert-Equal $failed.Count 1
    Assert-Equal $failed[0].TargetObject $three[0].requestId
    Assert-Equal $failed[0].Exception.Data['currentState'] 'Approved'
    Assert-True (-not [string]::IsNullOrEmpty($failed[0].Exception.Data['decidedBy']))
    Assert-Equal @($three | ForEach-Object { Get-TestState $_.identity }) @('Approved', 'Denied', 'Denied')
    $still = $failed | ForEach-Object { Get-AccessToCustomerDataRequest -RequestId $_.TargetObject } | Where-Object ApprovalStatus -eq Pending
    Assert-Equal @($still).Count 0 'nothing is left to throw about'
    Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -RequestId $three[0].identity
}
It 'a conflict names the state, who and when' {
    $fresh = New-TestRequest
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
    $record = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $fresh.identity } 'LockboxAlreadyDecided'
    Assert-Match $record.Exception.Message 'Denied'
    Assert-Equal ([string]$record.CategoryInfo.Category) 'InvalidOperation'
    Assert-True ($null -ne $record.Exception.Data['decidedDate'])
}
It 'no connection, a bad token and bad usage end the pipeline at the first item' {
    $items = 1..3 | ForEach-Object { [pscustomobject]@{ RequestId = "EXSR99999$_" } }
    $failed = $null
    $items | Get-AccessToCustomerDataRequest -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal @($failed).Count 3 'items'
    $null = Assert-Throws { $items | Get-AccessToCustomerDataRequest -ApprovalStatus x -ErrorAction SilentlyContinue } 'LockboxUsage'
    $ps = [powershell]::Create()
    $null = $ps.AddScript('$global:n = 0; Import-Module CustomerLockbox; try { 1..3 | ForEach-Object { $global:n++; [pscustomobject]@{ RequestId = "x$_" } } | Get-AccessToCustomerDataRequest -ErrorAction SilentlyContinue } catch { "$($_.FullyQualifiedErrorId) $n" }')
    Assert-Equal @($ps.Invoke())[0] 'LockboxNotConnected,Get-AccessToCustomerDataRequest 1'
    $ps.Dispose()
}
It 'a caller whose roles do not allow the cmdlet meets the sentence for an unknown command' {
    Connect-As reader
    try {
        $fresh = New-TestRequest
        $record = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -ErrorAction SilentlyContinue }
        $real = Assert-Throws { No-SuchCommandAnywhere }
        Assert-Equal $record.Exception.Message $real.Exception.Message.Replace('No-SuchCommandAnywhere', 'Set-AccessToCustomerDataRequest')
        Assert-Equal "$record" $record.Exception.Message
        Assert-Equal $record.Exception.GetType().Name 'CommandNotFoundException'
        Assert-Equal $record.Exception.CommandName 'Set-AccessToCustomerDataRequest'
        Assert-True (-not [string]::IsNullOrWhiteSpace($record.ErrorDetails.RecommendedAction))
        $null = Assert-Throws { Set-OrganizationConfig -CustomerLockboxEnabled $false } "The term 'Set-OrganizationConfig' is not recognized as"
        $null = Assert-Throws { Set-OrganizationConfig -CustomerLockboxEnabled $false -WhatIf } "The term 'Set-OrganizationConfig' is not recognized as"
        Assert-True ($null -ne (Get-Command Set-AccessToCustomerDataRequest)) 'the function stays exported'
        $record = Assert-Throws { Invoke-CustomerLockboxMethod -Method policy.put -Params @{ approvalRequired = $false } } 'LockboxForbidden|LockboxMethodForbidden'
        Assert-Equal ([string]$record.CategoryInfo.Category) 'PermissionDenied'
    }
    finally {
        Connect-As admin
    }
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
}
It 'a bad token is a terminating error' {
    $ps = [powershell]::Create()
    $null = $ps.AddScript("`$env:LOCKBOX_URL = '$($World.url)'; `$env:LOCKBOX_TOKEN = 'lbt_$('x' * 43)'; try { Get-AccessToCustomerDataRequest -ErrorAction SilentlyContinue; 'went on' } catch { `$_.FullyQualifiedErrorId } finally { `$env:LOCKBOX_URL = `$null; `$env:LOCKBOX_TOKEN = `$null }")
    Assert-Equal @($ps.Invoke())[0] 'LockboxUnauthenticated,Get-AccessToCustomerDataRequest'
    $ps.Dispose()
}
It 'the caller''s $WhatIfPreference counts in a script run by &, in a function, dot-sourced, and by -File' {
    $fresh = New-TestRequest
    $deny = New-Script 'deny.ps1' "[CmdletBinding(SupportsShouldProcess)] param([string]`$Id) Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId `$Id"
    & $deny -Id $fresh.identity -WhatIf 6>$null
    Assert-Equal (Get-TestState $fresh.identity) 'Pending' 'a script run by &'
    function Deny-InFunction { [CmdletBinding(SupportsShouldProcess)] param($Id) Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $Id }
    Deny-InFunction -Id $fresh.identity -WhatIf 6>$null
    Assert-Equal (Get-TestState $fresh.identity) 'Pending' 'a function'
    & { $WhatIfPreference = $true; . $deny -Id $fresh.identity } 6>$null
    Assert-Equal (Get-TestState $fresh.identity) 'Pending' 'dot-sourced'
    $env:LOCKBOX_URL = $World.url; $env:LOCKBOX_TOKEN = $World.admin
    try {
        $null = & $World.pwsh -NoProfile -NonInteractive -File $deny -Id $fresh.identity -WhatIf
    }
    finally {
        $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
    }
    Assert-Equal (Get-TestState $fresh.identity) 'Pending' '-File'
    & { $WhatIfPreference = $true; Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -WhatIf:$false }
    Assert-Equal (Get-TestState $fresh.identity) 'Denied' 'the switch wins'
}
It 'the caller''s $ErrorActionPreference counts' {
    $stop = New-Script 'stop.ps1' "`$ErrorActionPreference = 'Stop'; Get-AccessToCustomerDataRequest -RequestId EXSR999999; 'went on'"
    $go = New-Script 'go.ps1' "`$ErrorActionPreference = 'SilentlyContinue'; Get-AccessToCustomerDataRequest -RequestId EXSR999999; 'went on'"
    $null = Assert-Throws { & $stop } 'LockboxNotFound'
    Assert-Equal @(& $go) @('went on')
    function Read-InFunction { $ErrorActionPreference = 'Stop'; Get-AccessToCustomerDataRequest -RequestId EXSR999999; 'went on' }
    & { $ErrorActionPreference = 'Continue'; $null = Assert-Throws { Read-InFunction } 'LockboxNotFound' }
    & { $ErrorActionPreference = 'SilentlyContinue'; $null = Assert-Throws { . $stop } 'LockboxNotFound' }
}
It 'the caller''s Confirm-, Verbose- and WarningPreference count' {
    $fresh = New-TestRequest
    $low = New-Script 'low.ps1' "param(`$Id) `$ConfirmPreference = 'Low'; Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId `$Id"
    $null = Assert-Throws { & $low $fresh.identity } 'Confirm:\$false'
    Assert-Equal (Get-TestState $fresh.identity) 'Pending'
    $verbose = & { $VerbosePreference = 'Continue'; Get-AccessToCustomerDataRequest -RequestId $fresh.identity } 4>&1 | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] }
    Assert-True (@($verbose).Count -gt 0)
    Assert-True (-not ("$verbose" -like "*$($World.admin)*")) 'the token is never shown'
    $warning = & { $WarningPreference = 'SilentlyContinue'; Set-OrganizationConfig } 3>&1
    Assert-Equal @($warning).Count 0
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
}
It 'there is no prompt by default, and one that cannot be shown names -Confirm:$false' {
    $fresh = New-TestRequest
    $record = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -Confirm -ErrorAction SilentlyContinue } 'LockboxCannotPrompt'
    Assert-Match $record.ErrorDetails.RecommendedAction '-Confirm:\$false'
    Assert-Equal (Get-TestState $fresh.identity) 'Pending'
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
    Assert-Equal (Get-TestState $fresh.identity) 'Denied'
}
It '-WhatIf fails as the real call would, writes nothing and leaves no record' {
    $fresh = New-TestRequest
    $before = (Invoke-Rpc $World.admin 'audit.search' @{ resultSize = 1 }).total
    $said = Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $fresh.identity -WhatIf 6>&1
    $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $fresh.identity -Duration 23:00 -WhatIf } 'Lockbox'
    $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -ServiceName Teams -WhatIf } 'LockboxServiceMismatch'
    $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId EXSR999999 -WhatIf } 'LockboxNotFound'
    Assert-Equal (Get-TestState $fresh.identity) 'Pending'
    Assert-Equal (Invoke-Rpc $World.admin 'audit.search' @{ resultSize = 1 }).total $before
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
    $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $fresh.identity -WhatIf } 'LockboxAlreadyDecided'
}
It '-WhatIf leaves the module''s own state alone' {
    $null = Get-CustomerLockboxConnection
    $fresh = New-TestRequest
    & { $WhatIfPreference = $true; (Get-AccessToCustomerDataRequest -RequestId $fresh.identity).State } | ForEach-Object { Assert-Equal $_ 'Pending' }
    Disconnect-CustomerLockbox -WhatIf 6>$null
    Assert-Equal (Get-CustomerLockboxConnection).State 'Connected'
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
}
It 'an error of the caller''s own pipeline is left alone' {
    $null = New-TestRequest
    $record = Assert-Throws { Get-AccessToCustomerDataRequest | ForEach-Object { throw 'mine' } }
    Assert-Equal $record.Exception.Message 'mine'
    Deny-TestRequests
}
It 'a failure leaves one entry in $Error' {
    $Error.Clear()
    Get-AccessToCustomerDataRequest -RequestId EXSR999999 -ErrorAction SilentlyContinue
    Assert-Equal $Error.Count 1
    Get-AccessToCustomerDataRequest -RequestId EXSR999999 -ErrorAction Ignore
    Assert-Equal $Error.Count 1
}
It 'a robot whose token allows Deny only cannot approve' {
    $robot = Invoke-Rpc $World.admin 'principal.create' @{ kind = 'robot'; displayName = 'ci'; roles = @(@{ role = 'CustomerLockboxAccessApprover' }); decisions = @('Deny') }
    $fresh = New-TestRequest
    Connect-CustomerLockbox -Url $World.url -Token $robot.token
    try {
        $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $fresh.identity } 'Lockbox(DecisionNotAllowed|RobotMayNotApprove)'
        Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
    }
    finally {
        Connect-As admin
    }
    Assert-Equal (Get-TestState $fresh.identity) 'Denied'
}
Complete-Tests
