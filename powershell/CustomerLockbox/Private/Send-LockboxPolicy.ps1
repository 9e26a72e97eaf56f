function Send-LockboxPolicy {
    # Changes policy or settings of the caller's organization; returns what came of it, a failure, or
    # nothing where it was only asked about. With -WhatIf the daemon judges it and writes nothing.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][hashtable]$Params,
        [Parameter(Mandatory = $true)][string]$Action
    )
    $shown = $Action
    if ($WhatIfPreference) {
        $judged = Invoke-LockboxRpc -Method 'policy.put' -Params ($Params + @{ validateOnly = $true })
        if (Test-LockboxFault $judged) {
            return $judged
        }
        $shown = @($Action) + @(Format-LockboxDifference -Change $judged) -join "`n"
    }
    $go = Confirm-LockboxAction -Cmdlet $Cmdlet -Action $shown
    if ((Test-LockboxFault $go) -or -not $go) {
        if ($go -ne $false) { $go }
        return
    }
    $reply = Invoke-LockboxRpc -Method 'policy.put' -Params ($Params + @{ idempotencyKey = [guid]::NewGuid().ToString() })
    if (Test-LockboxFault $reply) {
        return $reply
    }
    ConvertTo-LockboxPolicyResult -Change $reply
}

function Format-LockboxDifference {
    # What a change does, a line each, for people.
    param([Parameter(Mandatory = $true)][object]$Change)
    foreach ($line in $Change.difference) { "    $(ConvertTo-LockboxShownText -Text $line.text)" }
    foreach ($text in $Change.weakens) { "    Weaker: $(ConvertTo-LockboxShownText -Text $text)" }
    if ($Change.waits) { '    It waits for a second administrator.' }
}

function ConvertTo-LockboxPolicyResult {
    # What came of a change.
    param([Parameter(Mandatory = $true)][object]$Change)
    [pscustomobject]@{
        PSTypeName    = 'CustomerLockbox.PolicyResult'
        Applied       = $Change.applied
        ChangeId      = $Change.changeId
        PolicyVersion = [int]$Change.policyVersion
        Difference    = @($Change.difference | ForEach-Object -Process { $_.text })
        Weakens       = @($Change.weakens)
    }
}
