# The modules as they would be published.
. "$PSScriptRoot/Harness.ps1"
$source = [System.IO.Path]::GetFullPath("$PSScriptRoot/../../powershell")
$path = "$($World.scratch)/modules"
$built = @(& "$source/New-ModulePackage.ps1" -Destination $path)

function Invoke-Pwsh {
    # A process that finds modules in the built folder only, beside PowerShell's own.
    param([string]$Command)
    $before = $env:PSModulePath
    $env:PSModulePath = $path
    $env:LOCKBOX_URL = $World.url
    $env:LOCKBOX_TOKEN = $World.admin
    try {
        $lines = @(& $World.pwsh -NoProfile -NonInteractive -Command "`$ErrorActionPreference = 'Stop'; $Command" 2>&1 | ForEach-Object { "$_" })
        if ($LASTEXITCODE -ne 0) { throw "exit code $LASTEXITCODE`: $lines" }
        $lines
    }
    finally { $env:PSModulePath = $before; $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null }
}

It 'each lies in Name/Version, as PowerShell looks for it' {
    Assert-Equal @($built | ForEach-Object { $_.FullName.Substring($path.Length) }) @('/CustomerLockbox/0.1.0', '/ExchangeOnlineManagement/3.9.0')
}
# This loop adds 3 tests.
foreach ($folder in $built) {
    $module = $folder.Parent.Name
    $manifest = "$folder/$module.psd1"
    It "$module`: the list of files is exactly what is there, and what belongs" {
        $data = Import-PowerShellDataFile -Path $manifest
        $files = @(Get-ChildItem -Path $folder -Recurse -File -Force | ForEach-Object { $_.FullName.Substring($folder.FullName.Length + 1) })
        Assert-Equal @($data.FileList | Sort-Object) @($files | Sort-Object)
        Assert-True ($files -contains 'LICENSE' -and $files -contains "$module.psm1")
        Assert-Equal @($files | Where-Object { $_ -match 'Tests|stub|golden' -or $_ -notmatch '^(LICENSE|[\w.-]+\.(psd1|psm1|ps1xml)|(Public|Private)/[\w-]+\.ps1|[\w-]+/about_\w+\.help\.txt)$' }) @()
        # Nothing of the source is left out or changed, but for the list itself.
        foreach ($file in Get-ChildItem -Path "$source/$module" -Recurse -File -Exclude *.psd1) {
            $copy = "$folder/$($file.FullName.Substring("$source/$module/".Length))"
            Assert-Equal ([System.IO.File]::ReadAllText($copy)) ([System.IO.File]::ReadAllText($file.FullName)) $copy
        }
        Assert-Equal ([System.IO.File]::ReadAllText("$folder/LICENSE")) ([System.IO.File]::ReadAllText("$source/../LICENSE"))
    }
    It "$module`: the manifest is valid and says what a gallery asks for" {
        $before = $env:PSModulePath
        $env:PSModulePath = $path
        try { $test = Test-ModuleManifest -Path $manifest } finally { $env:PSModulePath = $before }
        Assert-Equal "$($test.Version)" $folder.Name
        foreach ($field in 'Author', 'Description', 'Copyright', 'CompanyName', 'LicenseUri') { Assert-True (-not [string]::IsNullOrWhiteSpace("$($test.$field)")) $field }
        Assert-True (@($test.Tags).Count -ge 3 -and $test.Tags -contains 'PSEdition_Core' -and $test.Tags -contains 'PSEdition_Desktop') 'tags'
        Assert-True (@($test.Tags | Where-Object { $_ -match '\s' }).Count -eq 0) 'a tag has no spaces'
        Assert-True ($test.Guid -ne [guid]::Empty)
        Assert-Equal @($test.ExportedFunctions.Keys | Sort-Object) @([System.IO.Directory]::GetFiles("$source/$module/Public") | ForEach-Object { [System.IO.Path]::GetFileNameWithoutExtension($_) } | Sort-Object)
    }
    It "$module`: with the manifest as it lies in the sources, too" {
        $null = Test-ModuleManifest -Path "$source/$module/$module.psd1"
    }
}
It 'imported by name, it runs, and is removed' {
    $lines = Invoke-Pwsh "Import-Module CustomerLockbox; (Get-Module CustomerLockbox).ModuleBase; (Get-OrganizationConfig).Name; (Get-Help Set-AccessToCustomerDataRequest).Synopsis; Remove-Module CustomerLockbox; @(Get-Module CustomerLockbox).Count"
    Assert-Equal $lines @("$path/CustomerLockbox/0.1.0", $World.tenant, 'Approves, denies or cancels a request for access to customer data.', '0')
}
It 'its commands are found without an import' {
    Assert-Equal (Invoke-Pwsh '(Get-AdminAuditLogConfig).UnifiedAuditLogIngestionEnabled') 'True'
}
It 'the shim finds it beside itself' {
    Assert-Equal (Invoke-Pwsh 'Connect-ExchangeOnline -ShowBanner:$false; (Get-Module CustomerLockbox).ModuleBase; (Get-OrganizationConfig).Name') @("$path/CustomerLockbox/0.1.0", $World.tenant)
}
It 'a folder of that version is not overwritten, and what does not belong is refused' {
    $null = Assert-Throws { & "$source/New-ModulePackage.ps1" -Destination $path -Name CustomerLockbox } 'exists'
    $copy = "$($World.scratch)/source"
    Copy-Item -Path $source -Destination "$copy/powershell" -Recurse -Force
    # Half way through the files there is no licence: nothing is left that stands in the way of the next run.
    $null = Assert-Throws { & "$copy/powershell/New-ModulePackage.ps1" -Destination "$($World.scratch)/half" -Name CustomerLockbox } 'LICENSE'
    [System.IO.File]::WriteAllText("$copy/LICENSE", 'x')
    $made = & "$copy/powershell/New-ModulePackage.ps1" -Destination "$($World.scratch)/half" -Name CustomerLockbox
    Assert-Equal @([System.IO.Directory]::GetDirectories("$($World.scratch)/half/CustomerLockbox")) @($made.FullName)
    [System.IO.File]::WriteAllText("$copy/powershell/CustomerLockbox/Public/notes.md", 'x')
    $null = Assert-Throws { & "$copy/powershell/New-ModulePackage.ps1" -Destination "$($World.scratch)/other" } 'notes.md.* does not belong'
}
It 'removing the folder leaves nothing that is found' {
    [System.IO.Directory]::Delete($path, $true)
    Assert-Equal (Invoke-Pwsh '@(Get-Module -ListAvailable CustomerLockbox, ExchangeOnlineManagement).Count') '0'
}
Complete-Tests
