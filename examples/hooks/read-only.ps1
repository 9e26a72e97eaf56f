#!/usr/bin/env pwsh
<#
.SYNOPSIS
    A decision hook: approves what only reads one of some services, for at most an hour.
.DESCRIPTION
    [hooks.read-only]
    program = "/usr/bin/pwsh"
    arguments = ["-NoProfile", "-NonInteractive", "-File", "/usr/local/lib/lockbox/read-only.ps1", "-Services", "Exchange"]
    reads = ["/usr/local/lib/lockbox"]

    Its approval counts only where the tenant has automaticApproval on, and after every deny rule.
    Reads the question (JSON) on standard input, writes the answer (JSON) on standard output.
#>
param(
    [Parameter(Mandatory = $true)]
    [string[]] $Services
)

$ErrorActionPreference = 'Stop'
$question = [Console]::In.ReadToEnd() | ConvertFrom-Json
$request = $question.request
# With -File a list arrives as one text.
$known = $Services -split ','
if ($request.accessLevel -eq 'read' -and $known -contains $request.serviceName -and $request.durationSeconds -le 3600) {
    $answer = @{ decision = 'approve'; reason = "Reads $($request.serviceName) for at most an hour." }
} else {
    $answer = @{ decision = 'pass' }
}
[Console]::Out.Write(($answer | ConvertTo-Json -Compress))
