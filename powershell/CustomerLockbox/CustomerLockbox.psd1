@{
    RootModule           = 'CustomerLockbox.psm1'
    ModuleVersion        = '0.1.0'
    GUID                 = '5b0c9c55-2e0e-4a43-9d3f-7a1c2b64e8d1'
    Author               = 'The Customer Lockbox authors'
    CompanyName          = 'The Customer Lockbox authors'
    Copyright            = 'Licensed under the Apache License, Version 2.0.'
    Description          = 'Decides requests of a provider''s engineers for access to customer data, and searches the audit log, of a Customer Lockbox daemon.'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FormatsToProcess     = @('CustomerLockbox.format.ps1xml')
    TypesToProcess       = @('CustomerLockbox.types.ps1xml')
    FunctionsToExport    = @(
        'Confirm-AccessToCustomerDataRequest'
        'Confirm-CustomerLockboxEmergencyAccess'
        'Confirm-CustomerLockboxPolicy'
        'Connect-CustomerLockbox'
        'Disconnect-CustomerLockbox'
        'Export-CustomerLockboxAuditLog'
        'Get-AccessToCustomerDataRequest'
        'Get-AdminAuditLogConfig'
        'Get-CustomerLockboxCalendar'
        'Get-CustomerLockboxConnection'
        'Get-CustomerLockboxEmergencyAccess'
        'Get-CustomerLockboxNotification'
        'Get-CustomerLockboxPolicy'
        'Get-CustomerLockboxTemplate'
        'Get-CustomerLockboxWebhook'
        'Get-OrganizationConfig'
        'Import-CustomerLockboxCalendar'
        'Invoke-CustomerLockboxMethod'
        'New-AccessToCustomerDataRequest'
        'New-CustomerLockboxWebhook'
        'Remove-CustomerLockboxTemplate'
        'Remove-CustomerLockboxWebhook'
        'Resume-CustomerLockboxNotification'
        'Search-UnifiedAuditLog'
        'Set-AccessToCustomerDataRequest'
        'Set-AdminAuditLogConfig'
        'Set-CustomerLockboxPolicy'
        'Set-CustomerLockboxTemplate'
        'Set-CustomerLockboxWebhook'
        'Set-OrganizationConfig'
        'Stop-AccessToCustomerDataRequest'
        'Test-AccessToCustomerData'
        'Test-CustomerLockboxPolicy'
        'Wait-AccessToCustomerDataRequest'
        'Write-CustomerLockboxActivity'
    )
    CmdletsToExport      = @()
    VariablesToExport    = @()
    AliasesToExport      = @()
    PrivateData          = @{
        PSData = @{
            Tags       = @('CustomerLockbox', 'Audit', 'Approval', 'PSEdition_Desktop', 'PSEdition_Core')
            LicenseUri = 'https://www.apache.org/licenses/LICENSE-2.0'
        }
    }
}
