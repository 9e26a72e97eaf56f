function Read-LockboxPolicyChange {
    # What a change that waits would do, a line each, as the daemon judges it now; or a failure.
    param(
        [Parameter(Mandatory = $true)][string]$ChangeId,
        [switch]$Reject
    )
    $reply = Invoke-LockboxRpc -Method 'policy.get'
    if (Test-LockboxFault $reply) {
        return $reply
    }
    $change = $reply.pendingChange
    if ($null -eq $change -or $change.changeId -ne $ChangeId) {
        return New-LockboxError -Code 'notFound' -Category ObjectNotFound -Message "No change $ChangeId waits." `
            -Remedy 'Get-CustomerLockboxPolicy -Pending shows what does.'
    }
    "    $(ConvertTo-LockboxShownText -Text "Proposed by $($change.proposedBy): $($change.reason)")"
    if ($Reject) {
        return
    }
    $params = @{ validateOnly = $true }
    if ($null -ne $change.document) { $params['document'] = $change.document }
    foreach ($setting in $change.settings.PSObject.Properties) {
        if ($null -ne $setting.Value) { $params[$setting.Name] = $setting.Value }
    }
    $judged = Invoke-LockboxRpc -Method 'policy.put' -Params $params
    if (Test-LockboxFault $judged) {
        return $judged
    }
    Format-LockboxDifference -Change $judged
}
