function ConvertTo-LockboxSearchFilter {
    # The filters that Search-UnifiedAuditLog and the export share. In a search an optional filter that
    # is null, blank or an empty array counts as not given, because scripts pass them so; elsewhere
    # (-Strict) empty never means all.
    param(
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Bound,
        [switch]$Strict
    )
    $filter = @{}
    if ($Strict) {
        foreach ($name in 'Operations', 'UserIds', 'ObjectIds', 'IPAddresses', 'FreeText', 'RecordType') {
            if ($Bound.ContainsKey($name) -and (ConvertTo-LockboxList -Value $Bound[$name]).Count -eq 0) {
                throw (New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message "-$name is empty." `
                        -Remedy "Name what to filter by, or leave -$name out.")
            }
        }
    }
    foreach ($pair in @(@('StartDate', 'startDate'), @('EndDate', 'endDate'))) {
        if ($Bound.ContainsKey($pair[0])) {
            $filter[$pair[1]] = ConvertTo-LockboxInstant -Value $Bound[$pair[0]] -Name $pair[0]
        }
    }
    foreach ($name in 'Operations', 'UserIds', 'ObjectIds', 'IPAddresses') {
        $list = ConvertTo-LockboxList -Value $Bound[$name]
        # A lone star among the users means everyone.
        if ($list.Count -gt 0 -and -not ($name -eq 'UserIds' -and $list -contains '*')) {
            $key = $name.Substring(0, 1).ToLowerInvariant() + $name.Substring(1)
            if ($name -eq 'IPAddresses') { $key = 'ipAddresses' }
            $filter[$key] = $list
        }
    }
    if (-not [string]::IsNullOrEmpty($Bound['FreeText'])) {
        $filter['freeText'] = $Bound['FreeText']
    }
    $types = @(foreach ($type in $Bound['RecordType']) {
            foreach ($part in "$type".Split(',')) {
                if (-not [string]::IsNullOrWhiteSpace($part)) { $part.Trim() }
            }
        })
    if ($types.Count -gt 1) {
        throw (New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating `
                -Message "-RecordType takes one record type, and $($types.Count) were given: $($types -join ', ')." `
                -Remedy 'Run the command once for each record type.')
    }
    if ($types.Count -eq 1) {
        if ($types[0] -match '^\d{1,6}$') {
            $filter['recordType'] = [int]$types[0]
        }
        else {
            $filter['recordType'] = ConvertTo-LockboxWord -Value $types[0] -Name 'RecordType' -Words (Get-LockboxRecordTypeName) -Open
        }
    }
    $filter
}
