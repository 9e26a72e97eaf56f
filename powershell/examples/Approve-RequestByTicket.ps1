#Requires -Version 5.1
#Requires -Modules CustomerLockbox
<#
.SYNOPSIS
    Approves pending requests whose ticket is on your list.

.DESCRIPTION
    Approves each pending request whose ticket (ServiceRequestNumber) you have allowed, and leaves every
    other one pending, for a person to look at. Without any allowed ticket it refuses to run.

    A robot may approve only where your organization has turned automaticApproval on, and its token must
    not be limited to other decisions.

    If somebody else decides a request first, that decision stands, and this is no failure. What should
    have been approved and is still pending is one: the script then ends with an error.

.PARAMETER Ticket
    Allowed tickets, compared without case; a comma separates them. A star stands for any text, as in CLB-10*; a pattern of
    stars and question marks alone is refused, because it would approve everything.

.PARAMETER Path
    A CSV file with a column Ticket that holds further allowed tickets or patterns. An empty cell is an
    error.

.PARAMETER Duration
    Grants access for at most this long, hh:mm; as long as was asked for, if not given.

.PARAMETER Comment
    What the audit log says about each approval; {0} stands for the ticket.

.OUTPUTS
    CustomerLockbox.Request: each request that this has approved.

.EXAMPLE
    ./Approve-RequestByTicket.ps1 -Ticket CLB-1042, CLB-20*

    Approves what waits for these tickets.

.EXAMPLE
    ./Approve-RequestByTicket.ps1 -Path ./tickets.csv -Duration 01:00 -WhatIf

    Says which requests it would approve for an hour, and approves none.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
[OutputType('CustomerLockbox.Request')]
param(
    [string[]]$Ticket = @(),

    [string]$Path,

    [string]$Duration,

    [string]$Comment = 'Ticket {0} is on the list'
)
$ErrorActionPreference = 'Stop'

function Test-AllowedTicket {
    param([string]$Number)
    if ([string]::IsNullOrWhiteSpace($Number)) { return $false }
    foreach ($pattern in $patterns) {
        if ($pattern.IsMatch($Number.Trim())) { return $true }
    }
    $false
}

# `pwsh -File` passes a list as one text.
$allowed = @($Ticket | ForEach-Object -Process { "$_".Split(',') })
if ($PSBoundParameters.ContainsKey('Path')) {
    $rows = @(Import-Csv -LiteralPath $Path)
    if ($rows.Count -gt 0 -and $null -eq $rows[0].PSObject.Properties['Ticket']) {
        throw "The file '$Path' has no column Ticket. Its first line must name the columns."
    }
    $allowed += @($rows | ForEach-Object -Process { [string]$_.Ticket })
}
if ($allowed.Count -eq 0) {
    throw 'No ticket is allowed, so nothing can be approved. Name tickets with -Ticket, or in a CSV file with -Path.'
}
foreach ($item in $allowed) {
    if ("$item" -replace '[*?\s]', '' -eq '') {
        throw "The ticket '$item' would allow every request, or none. Write a ticket, or a pattern that holds part of one."
    }
}
# A star is the only special sign; tickets may hold brackets and hashes.
$patterns = @($allowed | ForEach-Object -Process { [regex]::new('^' + [regex]::Escape($_.Trim()).Replace('\*', '.*') + '$', 'IgnoreCase, CultureInvariant, Singleline') })
$longest = [timespan]::MaxValue
if ($Duration -ne '') {
    if ($Duration -notmatch '^[0-9]{1,2}:[0-5][0-9]$') { throw "-Duration '$Duration' is no duration. Write hh:mm, for example 01:30." }
    $part = $Duration.Split(':')
    $longest = [timespan]::new([int]$part[0], [int]$part[1], 0)
}

$failed = @()
$requests = @(Get-AccessToCustomerDataRequest -ApprovalStatus Pending | Where-Object -FilterScript { Test-AllowedTicket -Number $_.ServiceRequestNumber })
foreach ($request in $requests) {
    $terms = @{ ApprovalDecision = 'Approve' }
    if ($request.Duration -gt $longest) { $terms['Duration'] = $longest }
    # One lost race must not leave the rest undecided, so this line goes on after a failure.
    $request | Set-AccessToCustomerDataRequest @terms -Comment $Comment.Replace('{0}', $request.ServiceRequestNumber) -PassThru -ErrorAction Continue -ErrorVariable +failed
}
# What failed is read again: most often somebody else was faster.
$left = @($failed | ForEach-Object -Process { Get-AccessToCustomerDataRequest -RequestId $_.TargetObject } |
        Where-Object -FilterScript { $_.ApprovalStatus -eq 'Pending' })
if ($left.Count -gt 0) {
    throw "Still pending, and not approved: $(($left | ForEach-Object -Process { $_.RequestId }) -join ', '). The first reason: $($failed[0])"
}
