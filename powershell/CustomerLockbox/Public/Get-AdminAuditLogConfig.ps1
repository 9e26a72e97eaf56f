function Get-AdminAuditLogConfig {
    <#
    .SYNOPSIS
        Reads the settings of your organization's audit log.

    .DESCRIPTION
        UnifiedAuditLogIngestionEnabled tells whether the log can be searched. Records are written in any
        case. AdminAuditLogAgeLimit, LoadBalancerCount, LogLevel and TestCmdletLoggingEnabled are
        there because scripts read them; nothing is deleted by age.

    .PARAMETER DomainController
        Accepted because scripts pass it. There is no domain controller to ask.

    .OUTPUTS
        CustomerLockbox.AdminAuditLogConfig

    .EXAMPLE
        Get-AdminAuditLogConfig | Format-List UnifiedAuditLogIngestionEnabled, UnifiedAuditLogFirstOptInDate

        Shows whether the log can be searched, and since when it has been kept.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/powershell/module/exchangepowershell/get-adminauditlogconfig')]
    [OutputType('CustomerLockbox.AdminAuditLogConfig')]
    param(
        [string]$DomainController
    )

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
            PSTypeName                      = 'CustomerLockbox.AdminAuditLogConfig'
            AdminAuditLogEnabled            = $true
            LogLevel                        = 'None'
            TestCmdletLoggingEnabled        = $false
            AdminAuditLogAgeLimit           = [timespan]::FromDays(90)
            LoadBalancerCount               = 3
            UnifiedAuditLogIngestionEnabled = $settings.auditSearchEnabled
            UnifiedAuditLogFirstOptInDate   = ConvertFrom-LockboxInstant -Text $settings.auditFirstOptInDate
            Name                            = 'Admin Audit Log Settings'
            Identity                        = 'Admin Audit Log Settings'
            IsValid                         = $true
            ObjectState                     = 'Unchanged'
        }
    }
}
