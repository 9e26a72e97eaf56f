# Everything under powershell/ is written for Windows PowerShell 5.1 and tested on 7. This walk refuses every command,
# parameter, automatic variable and .NET type that is not on the list of what 5.1 has
# (windows-powershell-5.1.txt), except inside a branch on $PSVersionTable.PSEdition.
. "$PSScriptRoot/Harness.ps1"
Add-Type -AssemblyName System.Management.Automation
$allowed = @{ command = @{}; type = @{}; variable = @{} }
foreach ($line in [System.IO.File]::ReadAllLines("$PSScriptRoot/windows-powershell-5.1.txt")) {
    if ($line -match '^(command|type|variable) (\S+)(?: (.*))?$') { $allowed[$Matches[1]][$Matches[2]] = @("$($Matches[3])".Split(' ', [System.StringSplitOptions]::RemoveEmptyEntries)) }
}
$module = (Get-Module CustomerLockbox).ModuleBase
$shipped = [System.IO.Path]::GetDirectoryName($module)
$own = @{}
foreach ($file in Get-ChildItem -Path $shipped -Recurse -Filter *.ps1) {
    $ast = [System.Management.Automation.Language.Parser]::ParseFile($file.FullName, [ref]$null, [ref]$null)
    foreach ($function in $ast.FindAll({ $args[0] -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true)) { $own[$function.Name] = $true }
}
$automatic = 'PSCmdlet', 'PSBoundParameters', 'PSScriptRoot', 'PSVersionTable', 'MyInvocation', 'ExecutionContext', 'Matches', 'Error', 'args', 'true', 'false', 'null', '_'
# Automatic variables that 5.1 lacks, whatever a script assigns to.
$newer = 'IsLinux', 'IsWindows', 'IsMacOS', 'IsCoreCLR', 'EnabledExperimentalFeatures', 'PSNativeCommandArgumentPassing', 'PSNativeCommandUseErrorActionPreference', 'PSStyle'

function Find-Newer {
    # Faults of a script text: what 5.1 lacks, outside of branches on the edition.
    param([string]$Text, [string]$Name)
    $errors = $null
    $ast = [System.Management.Automation.Language.Parser]::ParseInput($Text, [ref]$null, [ref]$errors)
    if ($errors) { "$Name does not parse: $errors" }
    foreach ($node in $ast.FindAll({ $true }, $true)) {
        if (Test-CoreBranch $node) { continue }
        $where = "$Name line $($node.Extent.StartLineNumber)"
        if ($node -is [System.Management.Automation.Language.CommandAst]) {
            $command = $node.GetCommandName()
            if ($null -eq $command) { continue }
            $short = $command.Split('\')[-1]
            if ($own.ContainsKey($short)) { continue }
            if (-not $allowed.command.ContainsKey($short)) { "$where`: command $command"; continue }
            foreach ($element in @($node.CommandElements)[1..99]) {
                if ($element -is [System.Management.Automation.Language.CommandParameterAst]) {
                    if ($element.ParameterName -notin $allowed.command[$short]) { "$where`: $command -$($element.ParameterName)" }
                }
            }
            $plain = 0
            for ($i = 1; $i -lt $node.CommandElements.Count; $i++) {
                $element = $node.CommandElements[$i]
                $before = $node.CommandElements[$i - 1]
                $isValue = $before -is [System.Management.Automation.Language.CommandParameterAst] -and $null -eq $before.Argument -and $before.ParameterName -notin 'Unique', 'Compress', 'Descending', 'Parent', 'DisableNameChecking'
                if ($element -isnot [System.Management.Automation.Language.CommandParameterAst] -and -not $isValue) { $plain++ }
            }
            if ($plain -gt 0) { "$where`: $command with arguments by position" }
        }
        elseif ($node -is [System.Management.Automation.Language.VariableExpressionAst]) {
            if ($node.VariablePath.UserPath -in $newer) { "$where`: variable $($node.VariablePath.UserPath)" }
        }
        elseif ($node -is [System.Management.Automation.Language.TypeExpressionAst] -or $node -is [System.Management.Automation.Language.TypeConstraintAst] -or $node -is [System.Management.Automation.Language.AttributeAst]) {
            foreach ($type in Get-TypeNames $node.TypeName) {
                if (-not $allowed.type.ContainsKey($type)) { "$where`: type $type" }
            }
        }
        elseif ($node.GetType().Name -in 'TernaryExpressionAst', 'PipelineChainAst' -or ($node -is [System.Management.Automation.Language.BinaryExpressionAst] -and "$($node.Operator)" -eq 'QuestionQuestion')) {
            "$where`: syntax of PowerShell 7"
        }
    }
}
function Get-TypeNames {
    param($TypeName)
    if ($TypeName -is [System.Management.Automation.Language.GenericTypeName]) {
        $TypeName.TypeName.FullName
        foreach ($argument in $TypeName.GenericArguments) { Get-TypeNames $argument }
    }
    elseif ($TypeName -is [System.Management.Automation.Language.ArrayTypeName]) { Get-TypeNames $TypeName.ElementType }
    else { $TypeName.FullName }
}
function Test-CoreBranch {
    # Inside the body of `if ($PSVersionTable.PSEdition -eq 'Core')`.
    param($Node)
    for ($at = $Node; $null -ne $at.Parent; $at = $at.Parent) {
        if ($at.Parent -is [System.Management.Automation.Language.IfStatementAst]) {
            foreach ($clause in $at.Parent.Clauses) {
                if ([object]::ReferenceEquals($clause.Item2, $at) -and $clause.Item1.Extent.Text -eq '$PSVersionTable.PSEdition -eq ''Core''') { return $true }
            }
        }
    }
    $false
}

It 'nothing that is shipped needs more than Windows PowerShell 5.1' {
    Assert-True ((Get-ChildItem -Path $shipped -Recurse -Filter *.ps1).DirectoryName -contains "$shipped/examples")
    $faults = foreach ($file in Get-ChildItem -Path $shipped -Recurse -Include *.ps1, *.psm1, *.psd1) {
        Find-Newer ([System.IO.File]::ReadAllText($file.FullName)) $file.Name
    }
    Assert-Equal @($faults) @()
}
It 'the walk refuses what 5.1 lacks' {
    foreach ($sample in 'Join-Path a b c', 'Join-Path -Path a -ChildPath b -AdditionalChildPath c', 'ConvertFrom-Json -InputObject $x -AsHashtable', 'Invoke-WebRequest -Uri x -SkipHttpErrorCheck',
        '$IsLinux', '[System.Net.Sockets.UnixDomainSocketEndPoint]::new("x")', '[System.Net.Http.SocketsHttpHandler]::new()', 'Get-Error', 'Test-Json -Json x', '$a ? 1 : 2', '$a ?? 1', 'a && b',
        'ConvertFrom-Json -InputObject $x -DateKind String', 'ForEach-Object -Parallel { }', 'function f { param([semver]$x) }', 'Remove-Alias -Name x', 'if ($PSVersionTable.PSEdition -ne ''Core'') { $IsLinux }', 'Get-Content -Path x -AsByteStream') {
        Assert-True (@(Find-Newer $sample 'sample').Count -gt 0) "it took: $sample"
    }
}
It 'the walk allows it inside a branch on the edition only' {
    Assert-Equal @(Find-Newer 'if ($PSVersionTable.PSEdition -eq ''Core'') { $IsLinux; Invoke-WebRequest -Uri x -SkipHttpErrorCheck }' 'sample').Count 0
    Assert-True (@(Find-Newer 'if ($PSVersionTable.PSEdition -eq ''Core'') { } else { $IsLinux }' 'sample').Count -gt 0)
}
It 'everything on the list is real, so that a misspelled line allows nothing' {
    foreach ($name in $allowed.command.Keys) {
        $command = Get-Command -Name $name -ErrorAction Stop
        foreach ($parameter in $allowed.command[$name]) { Assert-True $command.Parameters.ContainsKey($parameter) "$name -$parameter" }
    }
    foreach ($name in $allowed.type.Keys) { Assert-True ($null -ne ($name -as [type]) -or $null -ne ("$($name)Attribute" -as [type]) -or $null -ne ("$name``1" -as [type])) $name }
}
It 'the manifest is for both editions' {
    $manifest = Import-PowerShellDataFile -Path "$module/CustomerLockbox.psd1"
    Assert-Equal @($manifest.CompatiblePSEditions) @('Desktop', 'Core')
    Assert-Equal $manifest.PowerShellVersion '5.1'
    $test = Test-ModuleManifest -Path "$module/CustomerLockbox.psd1"
    Assert-Equal $test.ExportedFunctions.Count 35
    Assert-Equal @($test.ExportedAliases.Keys).Count 0
}
Complete-Tests
