function Save-LockboxAuditLog {
    # Writes the parts of an export as they arrive to a file beside the target, which takes its place
    # only when it is complete. Returns a failure, or nothing. CSV gets a byte order mark: without one,
    # Windows PowerShell and spreadsheets read another encoding.
    param(
        [Parameter(Mandatory = $true)][string]$File,
        [Parameter(Mandatory = $true)][hashtable]$Params
    )
    $part = "$File.$([guid]::NewGuid().ToString('N')).part"
    $writer = $null
    $activity = "Exporting the audit log to $File"
    $read = 0
    try {
        do {
            $chunk = Invoke-LockboxRpc -Method 'audit.export' -Params $Params
            if (Test-LockboxFault $chunk) {
                return $chunk
            }
            if ($null -eq $writer) {
                $encoding = [System.Text.UTF8Encoding]::new($Params['format'] -eq 'csv')
                $writer = [System.IO.StreamWriter]::new($part, $false, $encoding)
            }
            $writer.Write([string]$chunk.content)
            $read += $chunk.records
            $Params['cursor'] = $chunk.nextCursor
            # One part is soon read; only more than one is worth a bar.
            if ($null -ne $chunk.nextCursor) { Write-Progress -Activity $activity -Status "$read records so far" }
        } while ($null -ne $chunk.nextCursor)
        $writer.Dispose()
        $writer = $null
        if ([System.IO.File]::Exists($File)) {
            [System.IO.File]::Delete($File)
        }
        [System.IO.File]::Move($part, $File)
    }
    catch {
        $null = $global:Error.Remove($_)
        $reason = $_.Exception.GetBaseException().Message
        New-LockboxError -Code 'cannotWrite' -Category WriteError -Terminating -Message "The file '$File' cannot be written: $reason" `
            -Remedy 'Use a path in a directory that exists and that you may write to.'
    }
    finally {
        if ($read -gt 0) { Write-Progress -Activity $activity -Completed }
        if ($null -ne $writer) { $writer.Dispose() }
        if ([System.IO.File]::Exists($part)) { [System.IO.File]::Delete($part) }
    }
}
