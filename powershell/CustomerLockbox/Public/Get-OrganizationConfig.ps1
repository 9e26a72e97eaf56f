function Get-OrganizationConfig {
    <#
    .SYNOPSIS
        Reads your organization's settings, among them whether access needs your approval.

    .DESCRIPTION
        CustomerLockboxEnabled tells whether the provider's engineers need an approval of your
        organization before they reach its data. It is on for a new organization.

    .OUTPUTS
        CustomerLockbox.OrganizationConfig

    .EXAMPLE
        Get-OrganizationConfig | Select-Object CustomerLockboxEnabled

        Shows whether approval is required.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/powershell/module/exchangepowershell/get-organizationconfig')]
    [OutputType('CustomerLockbox.OrganizationConfig')]
    param()

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $reply = Invoke-LockboxRpc -Method 'policy.get'
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $null
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        $settings = $reply.settings
        [pscustomobject]@{
            PSTypeName             = 'CustomerLockbox.OrganizationConfig'
            Name                   = $settings.tenant
            Identity               = $settings.tenant
            Guid                   = [guid]$settings.tenantId
            OrganizationId         = $settings.tenantId
            CustomerLockboxEnabled = $settings.approvalRequired
            HoursToAnswer          = [int]$settings.hoursToAnswer
            AutomaticApproval      = $settings.automaticApproval
            WhenChangedUTC         = ConvertFrom-LockboxInstant -Text $settings.updatedDate
            IsValid                = $true
            ObjectState            = 'Unchanged'
        }
    }
}
