#Requires -Version 5.1
#Requires -Modules CustomerLockbox
<#
.SYNOPSIS
    Writes the audit records that are new since the last run to a CSV file.

.DESCRIPTION
    Each run writes one file with the records since the run before, oldest first, and then notes in a
    watermark file how far it came. Where nothing is new it writes nothing. All files together hold every
    record exactly once; the name of each says from which record of which log on it holds them.

    It goes by the number that each record has in its log, never by dates: records that were reported
    late have an early date, and a window of dates would miss them.

    Both files appear complete or not at all, the CSV first. A run that is killed between the two is
    made good by the next one: it starts at the same number, and replaces the file of that name. So move
    or read a file only after the script has ended well. Two runs on one folder at a time are refused.

    Before it goes on, it holds the last record that it wrote against the log. If that record has
    changed or is gone, the script ends with an error. If the daemon has begun a new log (after a
    restore from a backup), it warns, and goes on through the rest of the old log and the new one. What
    the restore has lost is in your files only.

    The caller needs a role that reads the audit log, such as SecurityReader. Every export is recorded.

.PARAMETER Path
    The folder for the files. It must exist.

.PARAMETER WatermarkPath
    The watermark file; watermark.json in the folder, if not given.

.OUTPUTS
    System.IO.FileInfo: the file that was written, if any.

.EXAMPLE
    ./Export-NewAuditRecord.ps1 -Path ./audit

    Writes what is new.

.EXAMPLE
    ./Export-NewAuditRecord.ps1 -Path ./audit | ForEach-Object { Import-Csv -LiteralPath $_.FullName } | Where-Object Activity -eq 'Set-AccessToCustomerDataRequest'

    Writes what is new, and shows the decisions among it.
#>
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Low', PositionalBinding = $false)]
[OutputType([System.IO.FileInfo])]
param(
    [Parameter(Mandatory = $true)]
    [string]$Path,

    [string]$WatermarkPath
)
$ErrorActionPreference = 'Stop'

function Get-Record {
    # One record with its hash, or nothing where the log has none of this number.
    param([long]$Sequence, [string]$LogId)
    $params = @{ sequence = $Sequence }
    if ($LogId -ne '') { $params['logId'] = $LogId }
    try {
        Invoke-CustomerLockboxMethod -Method 'audit.get' -Params $params -WhatIf:$false -Confirm:$false
    }
    catch {
        if ($_.FullyQualifiedErrorId -notlike 'LockboxNotFound,*') { throw }
    }
}

function Write-Whole {
    # The file appears complete or not at all: its text is on the disk before it gets its name.
    param([string]$File, [scriptblock]$Text)
    $part = "$File.part"
    $stream = [System.IO.FileStream]::new($part, [System.IO.FileMode]::Create)
    try {
        # With a byte order mark: without one, Windows PowerShell and spreadsheets read another encoding.
        $writer = [System.IO.StreamWriter]::new($stream, [System.Text.UTF8Encoding]::new($true))
        & $Text $writer
        $writer.Flush()
        $stream.Flush($true)
    }
    finally {
        $stream.Dispose()
    }
    if ([System.IO.File]::Exists($File)) {
        [System.IO.File]::Replace($part, $File, [System.Management.Automation.Language.NullString]::Value)
    }
    else {
        [System.IO.File]::Move($part, $File)
    }
}

function Read-Watermark {
    # How far the last run came: the log, the number to go on with, and the hash of the record before.
    param([string]$File)
    if (-not [System.IO.File]::Exists($File)) { return }
    $mark = $null
    try {
        $mark = ConvertFrom-Json -InputObject ([System.IO.File]::ReadAllText($File))
    }
    catch {
        $mark = $null
    }
    if ($null -eq $mark -or "$($mark.logId)" -eq '' -or "$($mark.leafHash)" -eq '' -or -not ("$($mark.next)" -match '^[1-9][0-9]{0,15}$')) {
        throw "The watermark '$File' cannot be read. Put it back from a copy, or delete it and the CSV files to start anew."
    }
    $mark
}

$folder = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
if (-not [System.IO.Directory]::Exists($folder)) { throw "The folder '$folder' does not exist. Create it first." }
$watermark = Join-Path -Path $folder -ChildPath 'watermark.json'
if ($WatermarkPath -ne '') { $watermark = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($WatermarkPath) }

$lock = $null
try {
    # The system lets go of it when this process ends, however it ends.
    $lock = [System.IO.FileStream]::new("$watermark.lock", [System.IO.FileMode]::OpenOrCreate, [System.IO.FileAccess]::ReadWrite, [System.IO.FileShare]::None)
}
catch {
    throw "The watermark '$watermark' is in use or cannot be written: $($_.Exception.GetBaseException().Message) Wait for the other run to end, or choose another place."
}
try {
    $mark = Read-Watermark -File $watermark
    $first = Get-Record -Sequence 0
    if ($null -eq $first) { return }
    $next = [long]0
    $log = $first.logId
    if ($null -ne $mark) {
        $last = Get-Record -Sequence ($mark.next - 1) -LogId $mark.logId
        if ($mark.logId -ne $first.logId) {
            Write-Warning -Message "The daemon has begun a new log, $($first.logId). The records of $($mark.logId) up to number $($mark.next - 1) are in your files; this goes on from there."
        }
        if (($null -ne $last -and $last.leafHash -ne $mark.leafHash) -or ($null -eq $last -and $mark.logId -eq $first.logId)) {
            throw "Record $($mark.next - 1) of the log $($mark.logId) is not what it was at the last run. Keep your files, and ask whoever runs the daemon."
        }
        # The export goes on through every log that followed, also where a restore has lost the record.
        # Only a daemon that does not know that log at all is read from the beginning.
        if ($null -ne $last -or $null -ne (Get-Record -Sequence 0 -LogId $mark.logId)) {
            $next = [long]$mark.next
            $log = $mark.logId
        }
    }
    # A plain read, which leaves no record; an export leaves one, and would always find itself new.
    if ($next -ne 0 -and $log -eq $first.logId -and $null -eq (Get-Record -Sequence $next)) { return }

    $name = 'lockbox-audit-{0}-{1:d12}.csv' -f $log.Substring(0, 8), $next
    $file = Join-Path -Path $folder -ChildPath $name
    if (-not $PSCmdlet.ShouldProcess($file, "Export the audit records from number $next on")) { return }
    $written = @{ Content = '' }
    Write-Whole -File $file -Text {
        param($Writer)
        $params = @{ format = 'csv'; fromSequence = $next; logId = $log }
        do {
            $part = Invoke-CustomerLockboxMethod -Method 'audit.export' -Params $params -Confirm:$false
            $Writer.Write([string]$part.content)
            if ($part.records -gt 0) { $written.Content = [string]$part.content }
            $params['cursor'] = $part.nextCursor
        } while ($null -ne $part.nextCursor)
    }
    # The last record says where the next run begins; it may stand in another log than the first one.
    $rows = @(ConvertFrom-Csv -InputObject $written.Content -Header 'Date', 'IP', 'User', 'Activity', 'Item', 'Detail', 'AuditData')
    $data = ConvertFrom-Json -InputObject $rows[-1].AuditData
    $next = [long]$data.Sequence + 1
    $last = Get-Record -Sequence $data.Sequence -LogId $data.LogId
    Write-Whole -File $watermark -Text {
        param($Writer)
        $Writer.Write((ConvertTo-Json -InputObject ([ordered]@{ logId = $last.logId; next = $next; leafHash = $last.leafHash })))
    }
    [System.IO.FileInfo]::new($file)
}
finally {
    $lock.Dispose()
}
