function Import-CustomerLockboxCalendar {
    <#
    .SYNOPSIS
        Takes the holidays of an iCalendar file into a calendar of the policy in force.

    .DESCRIPTION
        All-day events become holidays, with what repeats on the same day of every year written out.
        Days that are there already stay. Events with a time of day, and cancelled ones, are left out
        with a warning. A file with anything else (other repetitions, exceptions to them) is refused as a
        whole, because on a holiday that was left out silently somebody would be let in:
        lockboxd calendar import reads more, and works on policy files.

        It changes the policy as Set-CustomerLockboxPolicy does, and only if nobody else has changed it
        meanwhile: where the policy says fourEyes, a second administrator confirms it.

    .PARAMETER Path
        The iCalendar file (.ics).

    .PARAMETER Name
        The calendar of the policy.

    .PARAMETER Year
        The years to import; this one and the four after it if not given.

    .PARAMETER Reason
        Why, for the history and the audit log.

    .OUTPUTS
        CustomerLockbox.PolicyResult

    .EXAMPLE
        Import-CustomerLockboxCalendar -Path ./holidays.ics -Name office -Year 2027, 2028 -WhatIf

        Shows which holidays would be added.

    .EXAMPLE
        Import-CustomerLockboxCalendar -Path ./holidays.ics -Name office -Reason "Holidays of the coming years"

        Adds them.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.PolicyResult')]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Path,

        [Parameter(Mandatory = $true)]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Name,

        [ValidateRange(1970, 2199)]
        [int[]]$Year,

        [string]$Reason
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        if (-not $Year) { $Year = 0..4 | ForEach-Object -Process { [datetime]::UtcNow.Year + $_ } }
    }

    end {
        $result = Read-LockboxText -Cmdlet $PSCmdlet -Path $Path
        if (-not (Test-LockboxFault $result)) { $result = Read-LockboxHoliday -Text $result -Years $Year }
        if (-not (Test-LockboxFault $result)) {
            foreach ($text in $result.LeftOut) { Write-Warning -Message "Left out: $(ConvertTo-LockboxShownText -Text $text)" }
            $result = Add-LockboxHoliday -Cmdlet $PSCmdlet -Name $Name -Days $result.Days -Reason $Reason
        }
        if (Test-LockboxFault $result) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $result -Target $Name
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        $result
    }
}
