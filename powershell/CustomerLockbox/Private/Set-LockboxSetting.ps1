function Set-LockboxSetting {
    # Changes one setting of the caller's organization, for the two documented Set- cmdlets. With
    # -WhatIf it only reads; the rights are compared here, because any write that the daemon refuses
    # would leave a record.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][ValidateSet('approvalRequired', 'auditSearchEnabled')][string]$Setting,
        [Parameter(Mandatory = $true)][bool]$Value,
        [Parameter(Mandatory = $true)][string]$Label
    )
    $action = "Set $Label to $Value"
    try {
        $connection = Get-LockboxConnection
        if ($WhatIfPreference) {
            $present = (Invoke-LockboxRpc -Method 'policy.get' -Connection $connection).settings
            $roles = @((Invoke-LockboxRpc -Method 'session.whoami' -Connection $connection).roles | ForEach-Object -Process { $_.role })
            $strengthens = $Setting -eq 'approvalRequired' -and $Value -and $roles -contains 'CustomerLockboxAccessApprover'
            if ($roles -notcontains 'GlobalAdministrator' -and -not $strengthens) {
                throw (New-LockboxError -Code 'forbidden' -Category PermissionDenied -Terminating -Message "Your roles do not allow changing $Label." `
                        -Remedy 'Ask a GlobalAdministrator of your organization.')
            }
            $action = "Set $Label of $($present.tenant) from $($present.$Setting) to $Value"
        }
    }
    catch {
        Write-LockboxFailure -Cmdlet $Cmdlet -Record $_ -Target $Label
        return
    }
    if (-not (Confirm-LockboxAction -Cmdlet $Cmdlet -Action $action -Target $Label)) {
        return
    }
    try {
        $null = Invoke-LockboxRpc -Method 'policy.put' -Connection $connection -Params @{
            $Setting       = $Value
            idempotencyKey = [guid]::NewGuid().ToString()
        }
    }
    catch {
        Write-LockboxFailure -Cmdlet $Cmdlet -Record $_ -Target $Label
    }
}
