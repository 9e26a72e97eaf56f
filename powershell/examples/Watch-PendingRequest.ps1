#Requires -Version 5.1
#Requires -Modules CustomerLockbox
<#
.SYNOPSIS
    Writes each request that waits for a decision, once.

.DESCRIPTION
    Writes what is pending now, and then each request as it arrives, until Ctrl-C or for -MaxRounds
    rounds. Pipe it to whatever tells people.

    If the first look fails (no connection, a bad token), so does the script. Later a look that fails is
    a warning, and the next one tries again.

.PARAMETER IntervalSeconds
    How long it waits between two looks.

.PARAMETER MaxRounds
    After how many looks it ends; 0 is never.

.OUTPUTS
    CustomerLockbox.Request

.EXAMPLE
    ./Watch-PendingRequest.ps1

    Shows requests as they come.

.EXAMPLE
    ./Watch-PendingRequest.ps1 -IntervalSeconds 30 | ForEach-Object { "$($_.RequestId): $($_.Reason), until $($_.ExpirationDate.ToString('u'))" }

    Writes a line for each.
#>
[CmdletBinding(PositionalBinding = $false)]
[OutputType('CustomerLockbox.Request')]
param(
    [ValidateRange(1, 86400)]
    [int]$IntervalSeconds = 10,

    [ValidateRange(0, 2147483647)]
    [int]$MaxRounds = 0
)
$ErrorActionPreference = 'Stop'
$seen = @{}
for ($round = 1; ; $round++) {
    $pending = $null
    try {
        $pending = @(Get-AccessToCustomerDataRequest -ApprovalStatus Pending)
    }
    catch {
        if ($round -eq 1) { throw }
        Write-Warning -Message "This look failed, the next one tries again: $_"
    }
    if ($null -ne $pending) {
        # What is decided never waits again, so only what still waits is remembered.
        $before = $seen
        $seen = @{}
        [array]::Reverse($pending)
        foreach ($request in $pending) {
            $seen[$request.Identity] = $true
            if (-not $before.ContainsKey($request.Identity)) { $request }
        }
    }
    if ($MaxRounds -ne 0 -and $round -ge $MaxRounds) { return }
    Start-Sleep -Seconds $IntervalSeconds
}
