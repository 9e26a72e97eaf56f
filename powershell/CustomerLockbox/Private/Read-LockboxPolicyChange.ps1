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
    $judged = Invoke-LockboxRpc -Method 'policy.confirm' -Params @{ changeId = $ChangeId; confirm = -not $Reject; validateOnly = $true }
    if (Test-LockboxFault $judged) {
        return $judged
    }
    "    $(ConvertTo-LockboxShownText -Text "Proposed by $($change.proposedBy): $($change.reason)")"
    Format-LockboxDifference -Change $judged
}
