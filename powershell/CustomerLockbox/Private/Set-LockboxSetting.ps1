function Set-LockboxSetting {
    # Changes one setting of the caller's organization, for the two documented Set- cmdlets; returns
    # what to end the command with, if anything. With -WhatIf it only reads; the rights are compared
    # here, because a write that the daemon refuses would leave a record.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][ValidateSet('approvalRequired', 'auditSearchEnabled')][string]$Setting,
        [Parameter(Mandatory = $true)][bool]$Value,
        [Parameter(Mandatory = $true)][string]$Label
    )
    $action = "Set $Label to $Value"
    if ($WhatIfPreference) {
        $present = Invoke-LockboxRpc -Method 'policy.get'
        if (Test-LockboxFault $present) {
            return Write-LockboxFailure -Cmdlet $Cmdlet -Record $present -Target $Label
        }
        $who = Invoke-LockboxRpc -Method 'session.whoami'
        if (Test-LockboxFault $who) {
            return Write-LockboxFailure -Cmdlet $Cmdlet -Record $who -Target $Label
        }
        $roles = @($who.roles | ForEach-Object -Process { $_.role })
        $strengthens = $Setting -eq 'approvalRequired' -and $Value -and $roles -contains 'CustomerLockboxAccessApprover'
        if ($roles -notcontains 'GlobalAdministrator' -and -not $strengthens) {
            $refused = New-LockboxError -Code 'forbidden' -Category PermissionDenied -Terminating -Message "Your roles do not allow changing $Label." `
                -Remedy 'Ask a GlobalAdministrator of your organization.'
            return Write-LockboxFailure -Cmdlet $Cmdlet -Record $refused -Target $Label
        }
        $action = "Set $Label of $($present.settings.tenant) from $($present.settings.$Setting) to $Value"
    }
    $go = Confirm-LockboxAction -Cmdlet $Cmdlet -Action $action
    if (Test-LockboxFault $go) {
        return Write-LockboxFailure -Cmdlet $Cmdlet -Record $go -Target $Label
    }
    if (-not $go) {
        return
    }
    $reply = Invoke-LockboxRpc -Method 'policy.put' -Params @{
        $Setting       = $Value
        idempotencyKey = [guid]::NewGuid().ToString()
    }
    if (Test-LockboxFault $reply) {
        Write-LockboxFailure -Cmdlet $Cmdlet -Record $reply -Target $Label
    }
}
