function Add-LockboxHoliday {
    # Puts holidays into a calendar of the policy in force; returns what came of it, a failure, or nothing.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [AllowEmptyString()][string]$Name,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Days,
        [AllowNull()][AllowEmptyString()][string]$Reason
    )
    $reply = Invoke-LockboxRpc -Method 'policy.get'
    if (Test-LockboxFault $reply) {
        return $reply
    }
    $document = $reply.policy.document
    $plan = $null
    $known = 'none'
    if ($null -ne $document.calendars) {
        $known = @($document.calendars.PSObject.Properties | ForEach-Object -Process { $_.Name }) -join ', '
        $plan = $document.calendars.$Name
    }
    if ($null -eq $plan) {
        return New-LockboxError -Code 'notFound' -Category ObjectNotFound -Message "The policy in force has no calendar '$Name' (it has: $known)." `
            -Remedy 'Put one with its zone and weekly hours in force first: Set-CustomerLockboxPolicy.'
    }
    $present = @($plan.holidays | Where-Object -FilterScript { $null -ne $_ })
    $there = @($present | ForEach-Object -Process { $_.date })
    $new = foreach ($date in $Days.Keys) {
        if ($there -contains $date) { continue }
        $day = [ordered]@{ date = $date }
        if ($Days[$date]) { $day['name'] = $Days[$date] }
        [pscustomobject]$day
    }
    $new = @($new)
    if ($new.Count -eq 0) {
        Write-Warning -Message "The file has no holiday of these years that '$Name' has not, so nothing changed."
        return
    }
    $all = @($present + $new | Sort-Object -Property date)
    if ($null -ne $plan.PSObject.Properties['holidays']) { $plan.holidays = $all }
    else { $plan.PSObject.Properties.Add([psnoteproperty]::new('holidays', $all)) }
    $params = @{ document = $document; expectedPolicyVersion = $reply.policy.version }
    if ($Reason) { $params['reason'] = $Reason }
    Send-LockboxPolicy -Cmdlet $Cmdlet -Params $params -Action "Add $($new.Count) holiday(s) to the calendar '$Name'"
}
