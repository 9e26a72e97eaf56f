@{
    RootModule           = 'ExchangeOnlineManagement.psm1'
    # Scripts ask for version 3 or later.
    ModuleVersion        = '3.9.0'
    GUID                 = 'c7c3f0de-1d0a-4b67-8f0e-52a8c1f5d9b4'
    Author               = 'The Customer Lockbox authors'
    CompanyName          = 'The Customer Lockbox authors'
    Copyright            = 'Licensed under the Apache License, Version 2.0.'
    Description          = 'Stands in for the module of this name, so that scripts written for Exchange Online run unmodified against a Customer Lockbox daemon. It offers what the lockbox has, and is not Microsoft''s module.'
    PowerShellVersion    = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    RequiredModules      = @('CustomerLockbox')
    FunctionsToExport    = @(
        'Connect-ExchangeOnline'
        'Disconnect-ExchangeOnline'
        'Get-ConnectionInformation'
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
