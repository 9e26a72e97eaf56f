function Set-CustomerLockboxPolicy {
    <#
    .SYNOPSIS
        Puts a policy in force, or changes settings that go with it.

    .DESCRIPTION
        A document replaces the whole one; what is not named stays. It needs the role
        GlobalAdministrator. Where the policy in force says fourEyes, a new document, and settings that
        weaken, wait: Applied is then false, and a second administrator confirms ChangeId with
        Confirm-CustomerLockboxPolicy.

        With -WhatIf the daemon judges it: what is different, what becomes weaker and whether it waits
        for a second administrator is shown, a faulty document is refused as the real call would refuse
        it, and nothing is written.

        CustomerLockboxEnabled is a setting of Set-OrganizationConfig.

    .PARAMETER Path
        A policy file (JSON).

    .PARAMETER Document
        The policy itself: a hashtable, an object or JSON text.

    .PARAMETER AutomaticApproval
        Whether robots and rules of the policy may approve.

    .PARAMETER HoursToAnswer
        The hours that your organization has to answer, 1 to 168.

    .PARAMETER EmergencyAccess
        allowed: two of the provider's people may grant emergency access without asking. reportOnly: the
        lockbox grants none, and what happened all the same is reported afterwards.

    .PARAMETER Tag
        All of the organization's tags, for rules to match; @() removes them.

    .PARAMETER Notifications
        Who is told what, and how: a hashtable, an object or JSON text with language, timeZone,
        securityContacts, extraAddresses, alternates, link and switches. It replaces what was there as a
        whole; Get-CustomerLockboxPolicy shows it.

    .PARAMETER Reason
        Why, for the history and the audit log.

    .PARAMETER ExpectedVersion
        A guard: the change is refused where the policy is at another version (0: there is none).

    .OUTPUTS
        CustomerLockbox.PolicyResult

    .EXAMPLE
        Set-CustomerLockboxPolicy -Path ./office.policy.json -WhatIf

        Shows what would be different and what would become weaker.

    .EXAMPLE
        Set-CustomerLockboxPolicy -Path ./office.policy.json -Reason "Office hours as of January"

        Puts a file in force, or proposes it.

    .EXAMPLE
        Set-CustomerLockboxPolicy -Document (Get-CustomerLockboxPolicy -Version 1).Document -Reason "Back to version 1"

        Puts an older version in force again.

    .EXAMPLE
        Set-CustomerLockboxPolicy -HoursToAnswer 24 -Tag production, europe

        Changes settings.

    .EXAMPLE
        Set-CustomerLockboxPolicy -Notifications @{ language = 'de'; timeZone = 'Europe/Zurich'; securityContacts = @('security@contoso.com') } -WhatIf

        Says whether people would be told less than before by these settings of notifications.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.PolicyResult')]
    param(
        [string]$Path,

        [object]$Document,

        [bool]$AutomaticApproval,

        [int]$HoursToAnswer,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$EmergencyAccess,

        [AllowEmptyCollection()]
        [string[]]$Tag,

        [object]$Notifications,

        [string]$Reason,

        [int]$ExpectedVersion
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $params = @{}
        $bound = $PSBoundParameters
        $given = Read-LockboxPolicyDocument -Cmdlet $PSCmdlet -Bound $bound
        if ($null -ne $given) { $params['document'] = $given }
        if ($bound.ContainsKey('AutomaticApproval')) { $params['automaticApproval'] = $AutomaticApproval }
        if ($bound.ContainsKey('HoursToAnswer')) { $params['hoursToAnswer'] = $HoursToAnswer }
        if ($bound.ContainsKey('EmergencyAccess')) { $params['emergencyAccess'] = ConvertTo-LockboxWord -Value $EmergencyAccess -Name 'EmergencyAccess' }
        if ($bound.ContainsKey('Tag')) {
            $params['tags'] = $Tag
            if ($null -eq $Tag) {
                $params['tags'] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message '-Tag is empty.' `
                    -Remedy 'Write @() to remove all tags, or leave -Tag out.'
            }
        }
        if ($bound.ContainsKey('Notifications')) { $params['notifications'] = Read-LockboxNoticeSetting -Value $Notifications }
        if ($params.Count -eq 0) {
            Write-Warning -Message 'Neither a policy nor a setting was named, so nothing changed.'
            return
        }
        $what = @($params.Keys | Sort-Object | ForEach-Object -Process { if ($_ -eq 'document') { 'policy' } else { $_ } }) -join ', '
        if ($Reason -ne '') { $params['reason'] = $Reason }
        if ($bound.ContainsKey('ExpectedVersion')) { $params['expectedPolicyVersion'] = $ExpectedVersion }
        $result = Find-LockboxFault -Values $params
        if ($null -eq $result) {
            $result = Send-LockboxPolicy -Cmdlet $PSCmdlet -Params $params -Action "Change of your organization: $what"
        }
        if (Test-LockboxFault $result) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $result -Target $null
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        $result
    }
}
