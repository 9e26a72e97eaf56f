function Send-LockboxChange {
    # A write that is judged first where it is only asked about (-WhatIf), then confirmed and sent;
    # returns the answer, a failure, or nothing where it was not sent.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][string]$Method,
        [Parameter(Mandatory = $true)][hashtable]$Params,
        [Parameter(Mandatory = $true)][string]$Action
    )
    $fault = Find-LockboxFault -Values $Params
    if ($null -ne $fault) {
        return $fault
    }
    if ($WhatIfPreference) {
        $judged = Invoke-LockboxRpc -Method $Method -Params ($Params + @{ validateOnly = $true })
        if (Test-LockboxFault $judged) {
            return $judged
        }
    }
    $go = Confirm-LockboxAction -Cmdlet $Cmdlet -Action $Action
    if (Test-LockboxFault $go) {
        return $go
    }
    if ($go) {
        Invoke-LockboxRpc -Method $Method -Params ($Params + @{ idempotencyKey = [guid]::NewGuid().ToString() })
    }
}
