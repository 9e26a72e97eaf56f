function Set-OrganizationConfig {
    <#
    .SYNOPSIS
        Turns on or off that access to your organization's data needs your approval.

    .DESCRIPTION
        Turning it off grants nothing that is pending, and turning it on ends nothing that is granted.
        It needs the role GlobalAdministrator; a CustomerLockboxAccessApprover may turn it on.

    .PARAMETER CustomerLockboxEnabled
        $true: the provider's engineers need an approval of your organization. $false: a request that
        the provider has reviewed is granted at once, and the audit log says so.

    .OUTPUTS
        None.

    .EXAMPLE
        Set-OrganizationConfig -CustomerLockboxEnabled $true

        Requires approval.

    .EXAMPLE
        Set-OrganizationConfig -CustomerLockboxEnabled $false -WhatIf

        Says what would change.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/powershell/module/exchangepowershell/set-organizationconfig')]
    param(
        [bool]$CustomerLockboxEnabled
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        if (-not $PSBoundParameters.ContainsKey('CustomerLockboxEnabled')) {
            Write-Warning -Message 'No setting was named, so nothing changed.'
            return
        }
        $fatal = Set-LockboxSetting -Cmdlet $PSCmdlet -Setting 'approvalRequired' -Value $CustomerLockboxEnabled -Label 'CustomerLockboxEnabled'
        if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
    }
}
