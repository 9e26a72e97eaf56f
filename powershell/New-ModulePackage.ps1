<#
.SYNOPSIS
    Builds the folders of the modules as they are published.

.DESCRIPTION
    Writes <destination>/<name>/<version>/ for each module: its files, the licence, and the manifest with
    the list of exactly these files. The destination can be put on PSModulePath as it is. A file that is
    none of a module's is an error, and so is a folder of that version that exists.

.PARAMETER Destination
    Where to. It is created where needed.

.PARAMETER Name
    Which modules; both, if not given.

.OUTPUTS
    System.IO.DirectoryInfo: the folder of each module.

.EXAMPLE
    ./powershell/New-ModulePackage.ps1 -Destination ./target/modules

    Builds both.
#>
[CmdletBinding(PositionalBinding = $false)]
[OutputType([System.IO.DirectoryInfo])]
param(
    [Parameter(Mandatory = $true)]
    [string]$Destination,

    [ValidateSet('CustomerLockbox', 'ExchangeOnlineManagement')]
    [string[]]$Name = @('CustomerLockbox', 'ExchangeOnlineManagement')
)
$ErrorActionPreference = 'Stop'
# PowerShell's own files and its help; nothing else belongs into a module.
$kinds = '.psd1', '.psm1', '.ps1', '.ps1xml', '.txt'
$root = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Destination)

foreach ($module in $Name) {
    $source = Join-Path -Path $PSScriptRoot -ChildPath $module
    $version = (Import-PowerShellDataFile -Path (Join-Path -Path $source -ChildPath "$module.psd1")).ModuleVersion
    $target = Join-Path -Path (Join-Path -Path $root -ChildPath $module) -ChildPath $version
    if ([System.IO.Directory]::Exists($target)) { throw "The folder '$target' exists. Remove it first, or raise ModuleVersion." }
    $files = @{ LICENSE = Join-Path -Path (Split-Path -Path $PSScriptRoot -Parent) -ChildPath 'LICENSE' }
    foreach ($file in [System.IO.Directory]::GetFiles($source, '*', [System.IO.SearchOption]::AllDirectories)) {
        if ($kinds -notcontains [System.IO.Path]::GetExtension($file)) { throw "The file '$file' does not belong into a module." }
        $files[$file.Substring($source.Length + 1).Replace('\', '/')] = $file
    }
    $list = @($files.Keys | Sort-Object)
    # It gets its name when it is whole, so a run that fails half way does not stand in the way of the next.
    $part = "$target.part"
    if ([System.IO.Directory]::Exists($part)) { [System.IO.Directory]::Delete($part, $true) }
    foreach ($relative in $list) {
        $copy = Join-Path -Path $part -ChildPath $relative
        $null = [System.IO.Directory]::CreateDirectory((Split-Path -Path $copy -Parent))
        [System.IO.File]::Copy($files[$relative], $copy)
    }
    $manifest = Join-Path -Path $part -ChildPath "$module.psd1"
    $text = [System.IO.File]::ReadAllText($manifest)
    $lines = ($list | ForEach-Object -Process { "        '$_'`n" }) -join ''
    $whole = [regex]::new('(?m)^    PrivateData ').Replace($text, "    FileList             = @(`n$lines    )`n    PrivateData ", 1)
    if ($whole -eq $text) { throw "The manifest of $module has no line PrivateData, before which the list of files goes." }
    [System.IO.File]::WriteAllText($manifest, $whole, [System.Text.UTF8Encoding]::new($true))
    [System.IO.Directory]::Move($part, $target)
    [System.IO.DirectoryInfo]::new($target)
}
