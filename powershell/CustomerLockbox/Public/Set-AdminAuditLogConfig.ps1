function Set-AdminAuditLogConfig {
    <#
    .SYNOPSIS
        Turns the search of your organization's audit log on or off.

    .DESCRIPTION
        Only -UnifiedAuditLogIngestionEnabled changes something. The other parameters are documented for
        servers on premises; they are accepted, and a warning names those that would have no effect.
        Records are written whether or not the log can be searched. It needs the role
        GlobalAdministrator.

    .PARAMETER Identity
        Accepted because scripts pass it. There is one audit log in an organization.

    .PARAMETER AdminAuditLogAgeLimit
        No effect: nothing is deleted by age.

    .PARAMETER AdminAuditLogCmdlets
        No effect: every act is recorded.

    .PARAMETER AdminAuditLogEnabled
        No effect: the log cannot be turned off.

    .PARAMETER AdminAuditLogExcludedCmdlets
        No effect: every act is recorded.

    .PARAMETER AdminAuditLogParameters
        No effect: every parameter is recorded.

    .PARAMETER DomainController
        No effect: there is no domain controller.

    .PARAMETER Force
        Asks for no confirmation, whatever $ConfirmPreference says.

    .PARAMETER LogLevel
        No effect: None or Verbose.

    .PARAMETER Name
        No effect: the log has one name.

    .PARAMETER TestCmdletLoggingEnabled
        No effect: Test- cmdlets are never recorded.

    .PARAMETER UnifiedAuditLogIngestionEnabled
        $true: administrators can search the log. $false: they cannot; records are written all the same.

    .OUTPUTS
        None.

    .EXAMPLE
        Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $true

        Lets administrators search the log.

    .EXAMPLE
        Set-AdminAuditLogConfig -UnifiedAuditLogIngestionEnabled $false -WhatIf

        Says what would change.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/powershell/module/exchangepowershell/set-adminauditlogconfig')]
    param(
        [Parameter(Position = 1, ValueFromPipeline = $true)]
        $Identity,

        $AdminAuditLogAgeLimit,

        $AdminAuditLogCmdlets,

        [bool]$AdminAuditLogEnabled,

        $AdminAuditLogExcludedCmdlets,

        $AdminAuditLogParameters,

        [string]$DomainController,

        [switch]$Force,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$LogLevel,

        [string]$Name,

        [bool]$TestCmdletLoggingEnabled,

        [bool]$UnifiedAuditLogIngestionEnabled
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        if ($Force -and -not $PSBoundParameters.ContainsKey('Confirm')) {
            $ConfirmPreference = 'None'
        }
    }

    end {
        $idle = @('AdminAuditLogAgeLimit', 'AdminAuditLogCmdlets', 'AdminAuditLogEnabled', 'AdminAuditLogExcludedCmdlets',
            'AdminAuditLogParameters', 'DomainController', 'LogLevel', 'Name', 'TestCmdletLoggingEnabled') |
            Where-Object -FilterScript { $PSBoundParameters.ContainsKey($_) -and -not ($_ -eq 'AdminAuditLogEnabled' -and $AdminAuditLogEnabled) }
        if ($idle) {
            Write-Warning -Message "No effect here: -$($idle -join ', -')."
        }
        if (-not $PSBoundParameters.ContainsKey('UnifiedAuditLogIngestionEnabled')) {
            if (-not $idle) {
                Write-Warning -Message 'No setting was named, so nothing changed.'
            }
            return
        }
        $fatal = Set-LockboxSetting -Cmdlet $PSCmdlet -Setting 'auditSearchEnabled' -Value $UnifiedAuditLogIngestionEnabled -Label 'UnifiedAuditLogIngestionEnabled'
        if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
    }
}
