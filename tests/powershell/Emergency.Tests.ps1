# Emergency access: read by the customer, acknowledged by a person.
. "$PSScriptRoot/Harness.ps1"
$order = 'RequestId', 'Identity', 'Incident', 'ServiceRequestNumber', 'ServiceName', 'Tenant', 'Requestor', 'Reviewer', 'Reason', 'AccessLevel', 'CreatedDate', 'State',
    'Reported', 'AccessStart', 'AccessEnd', 'AcknowledgedBy', 'AcknowledgedDate', 'Comment'
$missing = $null

function Get-Acknowledged {
    param([string]$Identity)
    (Invoke-Rpc $World.admin 'request.get' @{ requestId = $Identity }).request.emergency.acknowledgedBy
}
function Get-Offers {
    param([string]$Line)
    @((TabExpansion2 -inputScript $Line -cursorColumn $Line.Length).CompletionMatches | Where-Object ResultType -eq 'ParameterValue' | ForEach-Object CompletionText | Sort-Object)
}

$first = New-TestEmergency @{ incident = 'INC-1' }
$second = New-TestEmergency @{ incident = "INC-2 $([char]0x202e)"; accessLevel = 'write' }
$declared = New-TestEmergency @{ incident = 'INC-3' } -Declared
$report = @{ tenant = $World.tenant; serviceName = 'Teams'; reason = 'A disk was replaced'; serviceRequestNumber = 'CLB-9'; incident = 'INC-4'; accessStart = '2026-01-02T03:04:05Z'; accessEnd = '2026-01-02T04:04:05Z' }
$reported = (Invoke-Rpc $World.engineer 'emergency.report' $report).request
$plain = New-TestRequest

It 'Get- writes what waits, newest first, with all properties, plain' {
    Connect-As admin
    $all = @(Get-CustomerLockboxEmergencyAccess)
    Assert-Equal @($all.Identity) @($reported.identity, $second.identity, $first.identity)
    foreach ($one in $all) {
        Assert-Equal @($one.PSObject.Properties.Name) $order
        Assert-Equal @($one.PSObject.Properties.MemberType | Select-Object -Unique | ForEach-Object { "$_" }) @('NoteProperty')
        Assert-Equal $one.PSObject.TypeNames[0] 'CustomerLockbox.EmergencyAccess'
        Assert-Equal $one.Requestor 'Microsoft Engineer'
        Assert-Equal ([string]$one.AccessEnd.Kind) 'Utc'
        Assert-True ($null -eq $one.AcknowledgedBy -and $null -eq $one.AcknowledgedDate)
    }
    Assert-Equal $all[2].Incident 'INC-1'
    Assert-Equal $all[2].State 'Approved'
    Assert-Equal $all[2].Reported $false
    Assert-Equal ($all[2].AccessEnd - $all[2].AccessStart).TotalHours 4.0
    Assert-Match $all[2].Reviewer '^engineer-[0-9a-f]{8}$'
    Assert-Equal $all[1].AccessLevel 'write'
    Assert-Equal $all[0].Reported $true
    Assert-Equal $all[0].State 'Ended'
    Assert-Equal $all[0].AccessStart.ToString('o') '2026-01-02T03:04:05.0000000Z'
}
It 'Get- reads one, by number or GUID, by name or by pipe' {
    Connect-As admin
    Assert-Equal (Get-CustomerLockboxEmergencyAccess -RequestId $first.requestId).Identity $first.identity
    Assert-Equal (Get-CustomerLockboxEmergencyAccess -Identity " $($first.identity.ToUpperInvariant()) ").RequestId $first.requestId
    $piped = [pscustomobject]@{ RequestId = $first.requestId; Open = $true; Tenant = 'no.such' }, [pscustomobject]@{ Identity = $second.identity } | Get-CustomerLockboxEmergencyAccess
    Assert-Equal @($piped.Identity) @($first.identity, $second.identity)
}
It 'Get- says what is no emergency access, and empty never means all' {
    Connect-As admin
    foreach ($id in $plain.requestId, 'EXSR999999', $declared.identity) {
        $record = Assert-Throws { Get-CustomerLockboxEmergencyAccess -RequestId $id -ErrorAction Stop } 'LockboxNotFound'
        Assert-Equal "$($record.CategoryInfo.Category)" 'ObjectNotFound'
    }
    foreach ($way in { Get-CustomerLockboxEmergencyAccess -RequestId $missing }, { [pscustomobject]@{ RequestId = '' } | Get-CustomerLockboxEmergencyAccess }, { Confirm-CustomerLockboxEmergencyAccess -RequestId '' }) {
        $written = @()
        $null = Assert-Throws { & $way | ForEach-Object { $written += $_ } } 'LockboxEmptyId'
        Assert-Equal $written.Count 0
    }
}
It 'the table fits 80 columns and escapes what turns text around' {
    Connect-As admin
    $before = [cultureinfo]::CurrentCulture
    foreach ($culture in 'en-US', 'de-DE') {
        [cultureinfo]::CurrentCulture = [cultureinfo]::GetCultureInfo($culture)
        try {
            $text = Get-CustomerLockboxEmergencyAccess | Out-String -Width 80
        }
        finally {
            [cultureinfo]::CurrentCulture = $before
        }
        $lines = $text.Split("`n").TrimEnd() | Where-Object { $_ }
        Assert-Equal $lines[0] 'RequestId  ServiceName State          Ends (UTC)       Acknowledged Incident'
        foreach ($line in $lines) { Assert-True ($line.Length -le 80) $line }
        Assert-Match $text ([regex]::Escape('INC-2 \u202e'))
        Assert-Match $text 'Teams +Ended +2026-01-02 04:04 +no +INC-4'
    }
}
It 'Tab offers what waits' {
    Connect-As admin
    $expected = @($reported.requestId, $second.requestId, $first.requestId | Sort-Object)
    Assert-Equal (Get-Offers 'Confirm-CustomerLockboxEmergencyAccess -RequestId ') $expected
    Assert-Equal (Get-Offers 'Get-CustomerLockboxEmergencyAccess -Identity ') $expected
    Connect-As manager
    Assert-Equal (Get-Offers "Get-CustomerLockboxEmergencyAccess -Tenant $($World.tenant) -RequestId EX").Count 4
    Assert-True ((Get-Offers 'Get-CustomerLockboxEmergencyAccess -RequestId ') -contains $declared.identity) 'by GUID'
    Disconnect-CustomerLockbox
    Assert-Equal (Get-Offers 'Confirm-CustomerLockboxEmergencyAccess -RequestId ').Count 0
}
It '-WhatIf judges and writes nothing, whoever says it' {
    Connect-As admin
    Confirm-CustomerLockboxEmergencyAccess -RequestId $first.requestId -WhatIf 6>$null
    & { $WhatIfPreference = $true; Get-CustomerLockboxEmergencyAccess -Open | Confirm-CustomerLockboxEmergencyAccess } 6>$null
    Assert-Equal @(Get-CustomerLockboxEmergencyAccess -Open).Count 3
    $null = Assert-Throws { Confirm-CustomerLockboxEmergencyAccess -RequestId $plain.requestId -WhatIf -ErrorAction Stop } 'LockboxNotFound'
    $logged = (Invoke-Rpc $World.admin 'audit.search' @{ operations = @('LockboxEmergencyAcknowledged', 'LockboxRequestRefused') }).total
    Assert-Equal $logged 0
}
It 'Confirm- acknowledges once, writes nothing, and changes no access' {
    Connect-As admin
    Assert-Equal @(Confirm-CustomerLockboxEmergencyAccess -RequestId $first.requestId).Count 0
    Assert-Equal (Get-TestState $first.identity) 'Approved'
    Assert-Equal (Get-Acknowledged $first.identity) (Get-CustomerLockboxEmergencyAccess -RequestId $first.requestId).AcknowledgedBy
    $record = Assert-Throws { Confirm-CustomerLockboxEmergencyAccess -RequestId $first.requestId -ErrorAction Stop } 'LockboxAlreadyAcknowledged'
    Assert-Equal "$($record.CategoryInfo.Category)" 'InvalidOperation'
    Assert-Equal $record.Exception.Data['acknowledgedBy'] (Get-Acknowledged $first.identity)
    Assert-Equal (Get-CustomerLockboxEmergencyAccess | Select-Object -Last 1).Identity $first.identity 'what waits comes first'
    Assert-Equal @(Get-CustomerLockboxEmergencyAccess -RequestId $first.requestId -Open).Count 0
}
It 'the pipeline goes on behind one that fails, and no comment comes from it' {
    Connect-As admin
    $items = [pscustomobject]@{ RequestId = $first.requestId; Comment = 'not this' }, [pscustomobject]@{ Identity = $second.identity; Comment = 'not this' }
    $seen = @($items | Confirm-CustomerLockboxEmergencyAccess -PassThru -ErrorAction SilentlyContinue -ErrorVariable failed)
    Assert-Equal $failed.Count 1
    Assert-Equal @($seen.Identity) @($second.identity)
    Assert-True ($null -eq $seen[0].Comment)
    $last = Get-CustomerLockboxEmergencyAccess -Open | Confirm-CustomerLockboxEmergencyAccess -Comment 'Read' -PassThru
    Assert-Equal $last.Comment 'Read'
    Assert-Equal ([string]$last.AcknowledgedDate.Kind) 'Utc'
    Assert-Equal @(Get-CustomerLockboxEmergencyAccess -Open).Count 0
}
It 'a robot is refused, and who may not decide knows no such command' {
    $fresh = New-TestEmergency
    $robot = Invoke-Rpc $World.admin 'principal.create' @{ kind = 'robot'; displayName = "robot$(Get-Random)"; roles = @(@{ role = 'CustomerLockboxAccessApprover' }) }
    Connect-CustomerLockbox -Url $World.url -Token $robot.token
    $record = Assert-Throws { Confirm-CustomerLockboxEmergencyAccess -RequestId $fresh.requestId -ErrorAction Stop } 'LockboxPersonRequired'
    Assert-Equal "$($record.CategoryInfo.Category)" 'PermissionDenied'
    Connect-As reader
    Assert-Equal @(Get-CustomerLockboxEmergencyAccess -Open).Count 1
    $null = Assert-Throws { Confirm-CustomerLockboxEmergencyAccess -RequestId $fresh.requestId } "The term 'Confirm-CustomerLockboxEmergencyAccess' is not recognized"
    Assert-True ($null -eq (Get-Acknowledged $fresh.identity))
}
It 'emergency access is ended with the documented cmdlet' {
    Connect-As admin
    Get-CustomerLockboxEmergencyAccess -Open | Where-Object { $_.State -eq 'Approved' } | Set-AccessToCustomerDataRequest -ApprovalDecision Cancel
    $one = Get-CustomerLockboxEmergencyAccess -Open
    Assert-Equal $one.State 'Canceled'
}
Deny-TestRequests
Complete-Tests
