function Search-UnifiedAuditLog {
    <#
    .SYNOPSIS
        Searches the audit log of your organization.

    .DESCRIPTION
        Writes the records between two instants, newest first. With -SessionId the same command, run
        again, writes the next records until there are none left; the call after the last record
        writes nothing and warns. ResultIndex counts over all calls of a session, ResultCount is the
        total of the search.

        Dates without a zone are UTC. An optional filter that is null, blank or an empty array counts
        as not given. CreationDate is UTC: compare it with [datetime]::UtcNow.

    .PARAMETER EndDate
        The end of the range; records at this instant and later are left out.

    .PARAMETER StartDate
        The start of the range; records at this instant are included.

    .PARAMETER Formatted
        Accepted because scripts pass it. RecordType is a name with and without it.

    .PARAMETER FreeText
        Only records that hold this text.

    .PARAMETER HighCompleteness
        Accepted because scripts pass it. Every search here is complete.

    .PARAMETER IPAddresses
        Only records from these addresses, without a port.

    .PARAMETER LegacyFlow
        Accepted because scripts pass it. It changes nothing.

    .PARAMETER LongerRetentionEnabled
        Accepted because scripts pass it. Records are kept in any case.

    .PARAMETER ObjectIds
        Only records about these objects; a star stands for any text.

    .PARAMETER Operations
        Only records of these operations, for example Set-AccessToCustomerDataRequest.

    .PARAMETER RecordType
        Only records of this one type, by name or number.

    .PARAMETER ResultSize
        How many records one call writes at most: 1 to 5000, 100 if not given.

    .PARAMETER SessionCommand
        ReturnLargeSet, ReturnNextPreviewPage or Initialize; use the same one throughout a session.

    .PARAMETER SessionId
        Any text; calls with the same text and the same filters continue one another.

    .PARAMETER SiteIds
        No record of a lockbox belongs to a site, so a search by site finds nothing, and says so.

    .PARAMETER UserIds
        Only records of these users; * means everyone, and a star inside a name stands for any text.

    .OUTPUTS
        CustomerLockbox.AuditRecord

    .EXAMPLE
        Search-UnifiedAuditLog -StartDate 11/20/2026 -EndDate 11/23/2026 -Operations Set-AccessToCustomerDataRequest

        Finds every decision of these days.

    .EXAMPLE
        Search-UnifiedAuditLog -StartDate 11/20/2026 -EndDate 11/23/2026 -UserIds "Microsoft Operator"

        Finds what the provider's engineers did.

    .EXAMPLE
        Search-UnifiedAuditLog -StartDate ([datetime]::UtcNow.AddDays(-1)) -EndDate ([datetime]::UtcNow) | ForEach-Object { $_.AuditData | ConvertFrom-Json }

        Reads the full records of the last day.

    .EXAMPLE
        do { $page = Search-UnifiedAuditLog -StartDate 2026-11-01 -EndDate 2026-12-01 -SessionId november -SessionCommand ReturnLargeSet -ResultSize 1000; $page } while ($page)

        Reads a whole month, a thousand records at a time.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/powershell/module/exchangepowershell/search-unifiedauditlog')]
    [OutputType('CustomerLockbox.AuditRecord')]
    param(
        [Parameter(Mandatory = $true)]
        $EndDate,

        [Parameter(Mandatory = $true)]
        $StartDate,

        [switch]$Formatted,

        [string]$FreeText,

        [switch]$HighCompleteness,

        [string[]]$IPAddresses,

        [switch]$LegacyFlow,

        [string]$LongerRetentionEnabled,

        [string[]]$ObjectIds,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string[]]$Operations,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        $RecordType,

        [ValidateRange(1, 5000)]
        [int]$ResultSize = 100,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        $SessionCommand,

        [string]$SessionId,

        [string[]]$SiteIds,

        [string[]]$UserIds
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $params = ConvertTo-LockboxSearchFilter -Bound $PSBoundParameters
        $params['resultSize'] = $ResultSize
        $session = @{}
        $command = $null
        if ("$SessionCommand" -ne '') {
            $command = ConvertTo-LockboxWord -Value "$SessionCommand" -Name 'SessionCommand'
            $session['command'] = $command
        }
        $connection = Get-LockboxConnection
        $fault = Find-LockboxFault -Values ($params + @{ command = $command; connection = $connection })
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $SessionId -Terminating))
        }
        if ($SessionId -ne '') {
            $session['connectionId'] = $connection.Id
            $session['sessionId'] = $SessionId
            $params['session'] = $session
        }
        if ((ConvertTo-LockboxList -Value $SiteIds).Count -gt 0) {
            Write-Warning -Message 'No record of a lockbox belongs to a site, so -SiteIds finds nothing.'
            return
        }
        $result = Invoke-LockboxRpc -Method 'audit.search' -Params $params -Connection $connection
        if (Test-LockboxFault $result) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $result -Target $SessionId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        $records = @($result.records)
        if ($records.Count -eq 0 -and $result.total -gt 0 -and $null -ne $result.session -and $result.session.drained) {
            Write-Warning -Message "Session '$SessionId' has returned all of its $($result.total) records; this range stays empty. Another range, or another SessionId, starts anew."
        }
        ConvertTo-LockboxAuditRecord -Records $records
    }
}
