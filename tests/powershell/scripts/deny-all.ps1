#Requires -Modules @{ModuleName='ExchangeOnlineManagement'; ModuleVersion='3.0.0'}
# Such as people have for Exchange Online: installs, imports and connects where needed.
if ((Get-Module -ListAvailable -Name ExchangeOnlineManagement).Version.Major -lt 3) {
    throw 'Please install version 3 of ExchangeOnlineManagement'
}
Import-Module ExchangeOnlineManagement
if (-not (Get-ConnectionInformation)) {
    Connect-ExchangeOnline -AppId 11111111-2222-3333-4444-555555555555 -CertificateThumbprint 0123456789ABCDEF0123456789ABCDEF01234567 -Organization $args[0] -ShowBanner:$false -ShowProgress $false
}
foreach ($request in Get-AccessToCustomerDataRequest -ApprovalStatus Pending) {
    Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId $request.RequestId -Comment 'Not now'
}
(Get-OrganizationConfig).CustomerLockboxEnabled
(Get-AdminAuditLogConfig).UnifiedAuditLogIngestionEnabled
(Get-ConnectionInformation).State
Disconnect-ExchangeOnline -Confirm:$false
@(Get-ConnectionInformation).Count
