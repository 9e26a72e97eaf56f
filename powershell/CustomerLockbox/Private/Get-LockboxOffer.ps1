function Get-LockboxOffer {
    # The values that fit a parameter. Without a connection, or where the daemon does not answer in
    # time, only those that are always the same.
    param(
        [Parameter(Mandatory = $true)][string]$CommandName,
        [Parameter(Mandatory = $true)][string]$ParameterName,
        [AllowEmptyString()][string]$Word,
        [AllowNull()][System.Collections.IDictionary]$Bound,
        [Parameter(Mandatory = $true)][datetime]$Deadline
    )
    if ($ParameterName -eq 'RequestId' -or $ParameterName -eq 'Identity') {
        return Get-LockboxRequestOffer -CommandName $CommandName -Bound $Bound -Deadline $Deadline
    }
    if ($ParameterName -eq 'ChangeId' -or $ParameterName -eq 'Name') {
        return Get-LockboxPolicyOffer -ParameterName $ParameterName -Deadline $Deadline
    }
    if ($ParameterName -eq 'NotificationId' -or $ParameterName -eq 'WebhookId') {
        return Get-LockboxNoticeOffer -ParameterName $ParameterName -Deadline $Deadline
    }
    if ($ParameterName -eq 'Operations') {
        $words = Get-LockboxOperationName
    }
    elseif ($ParameterName -eq 'RecordType' -and $Word -ne '') {
        $words = Get-LockboxRecordTypeName
    }
    elseif ($ParameterName -eq 'RecordType') {
        # Of some 250, those that a lockbox writes.
        $words = 'ExchangeAdmin', 'DataCenterSecurityCmdlet', 'Windows365CustomerLockbox'
    }
    else {
        # Two commands have words of their own for what others have, too.
        $name = $ParameterName
        if ($name -eq 'Format' -and $CommandName -like '*Webhook') { $name = 'WebhookFormat' }
        if ($name -eq 'State' -and $CommandName -like '*Notification') { $name = 'NotificationState' }
        $words = Get-LockboxWord -Name $name
    }
    foreach ($text in $words) {
        New-LockboxOffer -Text $text
    }
    if ($ParameterName -eq 'ServiceName') {
        $about = Invoke-LockboxRpc -Method 'system.info' -Deadline $Deadline
        if (-not (Test-LockboxFault $about)) {
            foreach ($service in $about.services) {
                if ($words -notcontains $service.name) { New-LockboxOffer -Text $service.name -Tip "$($service.name) ($($service.profile))" }
            }
        }
    }
    if ($ParameterName -eq 'Method') {
        $contract = Invoke-LockboxRpc -Method 'rpc.discover' -Deadline $Deadline
        if (-not (Test-LockboxFault $contract)) {
            foreach ($entry in $contract.methods) { New-LockboxOffer -Text $entry.name -Tip $entry.summary }
        }
    }
}

function Get-LockboxPolicyOffer {
    # The change that waits, or the calendars of the policy in force.
    param([Parameter(Mandatory = $true)][string]$ParameterName, [Parameter(Mandatory = $true)][datetime]$Deadline)
    $reply = Invoke-LockboxRpc -Method 'policy.get' -Deadline $Deadline
    if (Test-LockboxFault $reply) {
        return
    }
    $change = $reply.pendingChange
    if ($ParameterName -eq 'ChangeId') {
        if ($null -ne $change) { New-LockboxOffer -Text $change.changeId -Tip "Proposed by $($change.proposedBy): $($change.reason)" }
    }
    elseif ($null -ne $reply.policy.document.calendars) {
        foreach ($calendar in $reply.policy.document.calendars.PSObject.Properties) { New-LockboxOffer -Text $calendar.Name -Tip $calendar.Value.zone }
    }
}

function Get-LockboxNoticeOffer {
    # What was given up, to try again; or the webhooks.
    param([Parameter(Mandatory = $true)][string]$ParameterName, [Parameter(Mandatory = $true)][datetime]$Deadline)
    if ($ParameterName -eq 'NotificationId') {
        $reply = Invoke-LockboxRpc -Method 'notification.list' -Params @{ state = 'undeliverable' } -Deadline $Deadline
        if (Test-LockboxFault $reply) { return }
        foreach ($one in $reply.notifications) { New-LockboxOffer -Text $one.notificationId -Label "$($one.receiver) $($one.event)" -Tip $one.result }
        return
    }
    $reply = Invoke-LockboxRpc -Method 'webhook.list' -Deadline $Deadline
    if (Test-LockboxFault $reply) { return }
    foreach ($one in $reply.webhooks) { New-LockboxOffer -Text $one.webhookId -Label $one.name -Tip "$($one.format) $($one.url)" }
}

function New-LockboxOffer {
    param([string]$Text, [AllowNull()][string]$Label, [AllowNull()][string]$Tip)
    $shown = ConvertTo-LockboxShownText -Text $Label
    if ($shown -eq '') { $shown = $Text }
    $about = ConvertTo-LockboxShownText -Text $Tip
    if ($about -eq '') { $about = $shown }
    [pscustomobject]@{ Text = $Text; Label = $shown; Tip = $about }
}
