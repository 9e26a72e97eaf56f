function Get-CustomerLockboxCalendar {
    <#
    .SYNOPSIS
        Reads business calendars: those of the policy in force, of an older version or of a policy file.

    .DESCRIPTION
        Writes one object for each calendar. Hours and days are those of the clock on the wall in its
        zone, not UTC, and stay text. Whether it is open at an instant,
        Test-CustomerLockboxPolicy -At shows by what becomes of a request.

    .PARAMETER Name
        Only the calendars of this name; * stands for any text.

    .PARAMETER Path
        A policy file (JSON). No daemon is asked.

    .PARAMETER Document
        A policy: a hashtable, an object or JSON text. No daemon is asked.

    .PARAMETER Version
        An older version of the policy.

    .OUTPUTS
        CustomerLockbox.Calendar

    .EXAMPLE
        Get-CustomerLockboxCalendar

        Lists the calendars of the policy in force.

    .EXAMPLE
        (Get-CustomerLockboxCalendar -Path ./office.policy.json -Name office).Holidays

        Lists the holidays of one calendar of a file.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Calendar')]
    param(
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Name,

        [string]$Path,

        [object]$Document,

        [int]$Version
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $wanted = '*'
        if ($PSBoundParameters.ContainsKey('Name')) { $wanted = ConvertTo-LockboxName -Value $Name -Name 'Name' }
    }

    end {
        $policy = $wanted
        if (-not (Test-LockboxFault $wanted)) { $policy = Read-LockboxPolicyDocument -Cmdlet $PSCmdlet -Bound $PSBoundParameters }
        if ($null -eq $policy) {
            $params = @{}
            if ($PSBoundParameters.ContainsKey('Version')) { $params['version'] = $Version }
            $policy = Invoke-LockboxRpc -Method 'policy.get' -Params $params
            if (-not (Test-LockboxFault $policy)) { $policy = $policy.policy.document }
        }
        if (Test-LockboxFault $policy) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $policy -Target $Name
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($policy -is [System.Collections.IDictionary]) { $policy = ConvertFrom-LockboxJson -Text (ConvertTo-Json -InputObject $policy -Depth 50) }
        if ($null -eq $policy.calendars) {
            return
        }
        foreach ($calendar in $policy.calendars.PSObject.Properties) {
            if ($calendar.Name -like $wanted) { ConvertTo-LockboxCalendar -Name $calendar.Name -Plan $calendar.Value }
        }
    }
}
