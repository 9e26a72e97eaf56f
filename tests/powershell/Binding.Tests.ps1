. "$PSScriptRoot/Harness.ps1"
Connect-As admin
$one = New-TestRequest @{ requestId = 'EXSR700001' }
$two = New-TestRequest @{ serviceName = 'SharePoint' }

It 'documented cmdlets take nothing by position' {
    $null = Assert-Throws { Get-AccessToCustomerDataRequest Pending } 'PositionalParameterNotFound'
    $null = Assert-Throws { Set-AccessToCustomerDataRequest Approve EXSR700001 } 'PositionalParameterNotFound'
    $null = Assert-Throws { Search-UnifiedAuditLog 2026-01-01 2026-01-02 } 'PositionalParameterNotFound'
    $null = Assert-Throws { Set-OrganizationConfig $false } 'PositionalParameterNotFound'
}
It 'an id that was never set is an error, not every request' {
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -RequestId $missing } 'LockboxEmptyId'
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -RequestId '' } 'LockboxEmptyId'
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -RequestId '   ' } 'LockboxEmptyId'
    $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $missing } 'LockboxEmptyId'
}
It 'a blank status or date is an error, not every request' {
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -ApprovalStatus $missing } 'LockboxUsage.*ApprovalStatus'
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -ApprovalStatus ' ' } 'LockboxUsage.*ApprovalStatus'
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -CreatedAfter $missing } 'LockboxUsage.*CreatedAfter'
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -CreatedAfter '' } 'LockboxUsage.*CreatedAfter'
    $null = Assert-Throws { Get-AccessToCustomerDataRequest -State '' } 'LockboxUsage.*State'
}
It 'a variable that was never set, piped, decides nothing' {
    $null = Assert-Throws { $missing | Get-AccessToCustomerDataRequest } 'InputObjectNotBound'
    $missing | Get-AccessToCustomerDataRequest -ErrorAction SilentlyContinue | Set-AccessToCustomerDataRequest -ApprovalDecision Approve -ErrorAction SilentlyContinue
    Get-AccessToCustomerDataRequest -RequestId $missing -ErrorAction SilentlyContinue | Set-AccessToCustomerDataRequest -ApprovalDecision Approve
    Assert-Equal (Get-TestState $one.identity), (Get-TestState $two.identity) 'Pending', 'Pending'
}
It 'an empty cell of a CSV is an error for that item, and the others go on' {
    $csv = "$($World.scratch)/ids.csv"
    [System.IO.File]::WriteAllText($csv, "RequestId,Note`nEXSR700001,a`n,b`n$($two.requestId),c`n")
    $found = Import-Csv $csv | Get-AccessToCustomerDataRequest -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal @($found.Identity) @($one.identity, $two.identity)
    Assert-Equal $failed.Count 1
    Assert-Match $failed[0].FullyQualifiedErrorId '^LockboxEmptyId,Get-AccessToCustomerDataRequest$'
    Import-Csv $csv | Get-AccessToCustomerDataRequest -ErrorAction SilentlyContinue |
        Set-AccessToCustomerDataRequest -ApprovalDecision Deny -WhatIf 6>$null
    Assert-Equal (Get-TestState $one.identity) 'Pending'
    Import-Csv $csv | Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal $failed.Count 1
    Assert-Equal (Get-TestState $one.identity), (Get-TestState $two.identity) 'Canceled', 'Canceled'
}
It 'the pipeline binds the id by property name, as RequestId or Identity, and nothing else' {
    $fresh = New-TestRequest
    $found = [pscustomobject]@{ Identity = $fresh.identity } | Get-AccessToCustomerDataRequest
    Assert-Equal $found.RequestId $fresh.requestId
    $null = Assert-Throws { $fresh.requestId | Get-AccessToCustomerDataRequest } 'InputObjectNotBound'
    $null = Assert-Throws { [pscustomobject]@{ ApprovalStatus = 'Pending' } | Get-AccessToCustomerDataRequest } 'InputObjectNotBound'
    foreach ($command in Get-Command -Module CustomerLockbox) {
        foreach ($parameter in $command.Parameters.Values) {
            $piped = $parameter.Attributes | Where-Object { $_ -is [Parameter] -and ($_.ValueFromPipelineByPropertyName -or $_.ValueFromPipeline) }
            if ($piped -and "$($command.Name) $($parameter.Name)" -notmatch ' RequestId$|^(Confirm|Stop)-AccessToCustomerDataRequest Identity$|^Set-AdminAuditLogConfig Identity$|^Confirm-CustomerLockboxPolicy ChangeId$|^Resume-CustomerLockboxNotification NotificationId$|^(Set|Remove)-CustomerLockboxWebhook WebhookId$|^Remove-CustomerLockboxTemplate (Event|Language)$') {
                throw "$($command.Name) -$($parameter.Name) takes pipeline input"
            }
        }
    }
}
It 'a piped request does not bring its old status, comment, service or decision along' {
    $fresh = Get-AccessToCustomerDataRequest -RequestId (New-TestRequest).identity
    Assert-Equal $fresh.ApprovalStatus 'Pending'
    $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $fresh.Identity; decision = 'Deny' }
    Assert-Equal @($fresh | Get-AccessToCustomerDataRequest).ApprovalStatus 'Denied'
    $stale = New-TestRequest
    [pscustomobject]@{ RequestId = $stale.requestId; Comment = 'stale'; ServiceName = 'Teams'; ApprovalDecision = 'Approve'; Duration = '00:01' } |
        Set-AccessToCustomerDataRequest -ApprovalDecision Deny
    $after = Get-AccessToCustomerDataRequest -RequestId $stale.identity
    Assert-Equal $after.ApprovalStatus 'Denied'
    Assert-True ([string]::IsNullOrEmpty($after.Comment))
}
It 'a decision is a whole word: no number, no prefix, no null' {
    $fresh = New-TestRequest
    foreach ($wrong in 0, 1, '0', 'A', 'Appr', 'Approved', '', $null, $true, 'Approve,Deny', 'Approve ') {
        $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision $wrong -RequestId $fresh.requestId } 'LockboxUsage.*ApprovalDecision'
    }
    Assert-Equal (Get-TestState $fresh.identity) 'Pending'
    Set-AccessToCustomerDataRequest -ApprovalDecision dENY -RequestId $fresh.requestId
    Assert-Equal (Get-TestState $fresh.identity) 'Denied'
    $data = (Search-UnifiedAuditLog -StartDate ([datetime]::UtcNow.AddHours(-1)) -EndDate ([datetime]::UtcNow.AddHours(1)) -Operations Set-AccessToCustomerDataRequest -ResultSize 1).AuditData | ConvertFrom-Json
    Assert-Equal ($data.Parameters | Where-Object Name -eq ApprovalDecision).Value 'Deny' 'sent as documented'
}
It 'a status is a whole word in any case' {
    foreach ($wrong in 0, 'Pend', 'Approve', 'Pending,Denied') {
        $null = Assert-Throws { Get-AccessToCustomerDataRequest -ApprovalStatus $wrong } 'LockboxUsage.*ApprovalStatus'
    }
    $fresh = New-TestRequest
    Assert-True ((Get-AccessToCustomerDataRequest -ApprovalStatus pENDING).RequestId -contains $fresh.requestId)
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity
}
It 'every documented status is accepted, and Expired' {
    foreach ($status in 'Approved', 'Canceled', 'Denied', 'Pending', 'Expired') {
        $found = @(Get-AccessToCustomerDataRequest -ApprovalStatus $status)
        foreach ($request in $found) { Assert-Equal $request.ApprovalStatus $status }
    }
}
It 'ids are trimmed, and compared without case' {
    Assert-Equal (Get-AccessToCustomerDataRequest -RequestId ' exsr700001 ').RequestId 'EXSR700001'
    Assert-Equal (Get-AccessToCustomerDataRequest -RequestId $one.identity.ToUpperInvariant()).RequestId 'EXSR700001'
}
It 'decisions, statuses and other words are strings, and search words carry no type' {
    foreach ($name in 'ApprovalDecision', 'ServiceName') {
        Assert-Equal (Get-Command Set-AccessToCustomerDataRequest).Parameters[$name].ParameterType.FullName 'System.String'
    }
    Assert-Equal (Get-Command Get-AccessToCustomerDataRequest).Parameters['ApprovalStatus'].ParameterType.FullName 'System.String'
    foreach ($name in 'RecordType', 'SessionCommand', 'StartDate', 'EndDate') {
        Assert-Equal (Get-Command Search-UnifiedAuditLog).Parameters[$name].ParameterType.FullName 'System.Object'
    }
    Assert-Equal (Get-Command Search-UnifiedAuditLog).Parameters['ResultSize'].ParameterType.FullName 'System.Int32'
    Assert-Equal (Get-Command Get-AccessToCustomerDataRequest).Parameters['CreatedAfter'].ParameterType.FullName 'System.Object'
}
It 'a duration is a TimeSpan or hh:mm, never a bare number' {
    foreach ($wrong in 2, '2', '0', '', $null, 2.5, '2h', '1:60', '-01:00', '00:00', [datetime]::UtcNow, [timespan]::Zero) {
        $record = Invoke-InModule { param($v) ConvertTo-LockboxSeconds -Value $v -Name Duration } @(, $wrong)
        Assert-True ($record -is [System.Management.Automation.ErrorRecord]) "'$wrong' was taken as $record"
    }
    $record = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId x -Duration 2 } 'LockboxUsage'
    Assert-Match $record.ErrorDetails.RecommendedAction 'write 02:00 for two hours'
    $table = @{ '02:00' = 7200; '2:00' = 7200; '00:30:15' = 1815; ' 01:30 ' = 5400; '26:00' = 93600 }
    foreach ($text in $table.Keys) { Assert-Equal (Invoke-InModule { param($v) ConvertTo-LockboxSeconds -Value $v -Name Duration } @($text)) $table[$text] $text }
    Assert-Equal (Invoke-InModule { param($v) ConvertTo-LockboxSeconds -Value $v -Name Duration } @([timespan]::FromMinutes(90))) 5400
}
It '-Duration goes with Approve only, and shortens' {
    $fresh = New-TestRequest
    foreach ($decision in 'Deny', 'Cancel') {
        $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision $decision -RequestId $fresh.identity -Duration 01:00 } 'Approve only'
    }
    $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $fresh.identity -Duration 03:59 } 'Lockbox'
    Assert-Equal (Get-TestState $fresh.identity) 'Pending'
    $approved = Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId $fresh.identity -Duration 00:45 -PassThru
    Assert-Equal ($approved.AccessEnd - $approved.AccessStart).TotalMinutes 45.0
    Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -RequestId $fresh.identity
}
It '-ServiceName guards: another service is refused and both are named' {
    $fresh = New-TestRequest @{ serviceName = 'OneDrive' }
    $record = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -ServiceName teams } 'LockboxServiceMismatch'
    Assert-Match $record.Exception.Message 'OneDrive'
    Assert-Match $record.Exception.Message 'Teams'
    $null = Assert-Throws { Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -ServiceName '' } 'LockboxUsage.*ServiceName'
    Assert-Equal (Get-TestState $fresh.identity) 'Pending'
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $fresh.identity -ServiceName onedrive
    Assert-Equal (Get-TestState $fresh.identity) 'Denied'
}
It 'documented abbreviations mean what they mean' {
    $abbreviations = [System.IO.File]::ReadAllText("$PSScriptRoot/golden/prefixes.json") | ConvertFrom-Json -AsHashtable
    foreach ($command in $abbreviations.Keys) {
        foreach ($name in $abbreviations[$command].Keys) {
            foreach ($prefix in $abbreviations[$command][$name]) {
                $resolved = (Get-Command $command).ResolveParameter($prefix).Name
                Assert-Equal $resolved $name "$command -$prefix"
            }
        }
    }
}
It 'the parameters of every command are those of the golden file' {
    $golden = [System.IO.File]::ReadAllText("$PSScriptRoot/golden/parameters.json") | ConvertFrom-Json -AsHashtable
    $common = @([System.Management.Automation.Cmdlet]::CommonParameters) + @([System.Management.Automation.Cmdlet]::OptionalCommonParameters)
    foreach ($name in $golden.Keys) {
        $command = Get-Command $name
        $actual = @($command.Parameters.Keys | Where-Object { $_ -notin $common } | Sort-Object)
        Assert-Equal $actual @($golden[$name].Parameters.Keys | Sort-Object) $name
        foreach ($parameter in $golden[$name].Parameters.Keys) {
            $attribute = $command.Parameters[$parameter].Attributes | Where-Object { $_ -is [Parameter] } | Select-Object -First 1
            Assert-Equal $attribute.Mandatory $golden[$name].Parameters[$parameter].Mandatory "$name -$parameter"
            Assert-Equal @($command.Parameters[$parameter].Aliases) @($golden[$name].Parameters[$parameter].Aliases) "$name -$parameter"
        }
    }
}
Complete-Tests
