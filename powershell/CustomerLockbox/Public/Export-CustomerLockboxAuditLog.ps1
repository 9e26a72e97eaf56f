function Export-CustomerLockboxAuditLog {
    <#
    .SYNOPSIS
        Writes your organization's audit log to a file.

    .DESCRIPTION
        Writes CSV with the documented columns (Date, IP, User, Activity, Item, Detail) and AuditData, or
        JSON Lines with one full record per line. It reads in parts, so the size does not matter. The file
        appears when it is complete; an export that fails leaves no file, and an older one as it was.
        The export itself is recorded.

    .PARAMETER Path
        The file to write.

    .PARAMETER Format
        Csv or JsonLines; by the file's extension if not given (.jsonl and .ndjson mean JSON Lines).

    .PARAMETER StartDate
        The start of the range; everything, if not given.

    .PARAMETER EndDate
        The end of the range; records at this instant and later are left out.

    .PARAMETER Operations
        Only records of these operations.

    .PARAMETER RecordType
        Only records of this one type, by name or number.

    .PARAMETER UserIds
        Only records of these users.

    .PARAMETER ObjectIds
        Only records about these objects.

    .PARAMETER IPAddresses
        Only records from these addresses.

    .PARAMETER FreeText
        Only records that hold this text.

    .PARAMETER Force
        Replaces a file that exists.

    .PARAMETER PassThru
        Writes the file.

    .OUTPUTS
        None, or System.IO.FileInfo with -PassThru.

    .EXAMPLE
        Export-CustomerLockboxAuditLog -Path ./lockbox.csv -StartDate 2026-11-01 -EndDate 2026-12-01 -Force

        Writes a month as CSV.

    .EXAMPLE
        Export-CustomerLockboxAuditLog -Path ./lockbox.jsonl -Force -PassThru

        Writes everything as JSON Lines.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/audit-log-search')]
    [OutputType([System.IO.FileInfo])]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Path,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Format,

        $StartDate,

        $EndDate,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string[]]$Operations,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        $RecordType,

        [string[]]$UserIds,

        [string[]]$ObjectIds,

        [string[]]$IPAddresses,

        [string]$FreeText,

        [switch]$Force,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $params = ConvertTo-LockboxSearchFilter -Bound $PSBoundParameters -Strict
        $file = $PSCmdlet.GetUnresolvedProviderPathFromPSPath($Path)
        if (-not $PSBoundParameters.ContainsKey('Format')) {
            $Format = 'Csv'
            if (@('.jsonl', '.ndjson') -contains [System.IO.Path]::GetExtension($file)) { $Format = 'JsonLines' }
        }
        $params['format'] = ConvertTo-LockboxWord -Value $Format -Name 'Format'
        if ([System.IO.File]::Exists($file) -and -not $Force) {
            $params['file'] = New-LockboxError -Code 'fileExists' -Category ResourceExists -Terminating -Message "The file '$file' exists." `
                -Remedy 'Use another path, or -Force to replace it.'
        }
        $go = Find-LockboxFault -Values ($params + @{ connection = Get-LockboxConnection })
        if ($null -eq $go) {
            $go = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "Export the audit log to $file"
        }
        if (Test-LockboxFault $go) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $go -Target $Path -Terminating))
        }
        if (-not $go) {
            return
        }
        $params['format'] = @{ Csv = 'csv'; JsonLines = 'jsonl' }[$params['format']]
        $fault = Save-LockboxAuditLog -File $file -Params $params
        if (Test-LockboxFault $fault) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $Path
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($PassThru) {
            [System.IO.FileInfo]::new($file)
        }
    }
}
