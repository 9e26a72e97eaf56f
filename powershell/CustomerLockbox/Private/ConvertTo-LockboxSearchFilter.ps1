function ConvertTo-LockboxSearchFilter {
    # The filters that Search-UnifiedAuditLog and the export share. In a search an optional filter that
    # is null, blank or an empty array counts as not given, because scripts pass them so; elsewhere
    # (-Strict) empty never means all. What cannot be converted stands in its place as a failure.
    param(
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Bound,
        [switch]$Strict
    )
    $filter = @{}
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
    $types = ConvertTo-LockboxList -Value @($Bound['RecordType'])
    if ($types.Count -gt 1) {
        $filter['recordType'] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating `
            -Message "-RecordType takes one record type, and $($types.Count) were given: $($types -join ', ')." `
            -Remedy 'Run the command once for each record type.'
    }
    elseif ($types.Count -eq 1 -and $types[0] -match '^\d{1,6}$') {
        $filter['recordType'] = [int]$types[0]
    }
    elseif ($types.Count -eq 1) {
        $filter['recordType'] = ConvertTo-LockboxWord -Value $types[0] -Name 'RecordType' -Words (Get-LockboxRecordTypeName) -Open
    }
    foreach ($pair in @('StartDate', 'startDate'), @('EndDate', 'endDate')) {
        if ($Bound.ContainsKey($pair[0])) {
            $filter[$pair[1]] = ConvertTo-LockboxInstant -Value $Bound[$pair[0]] -Name $pair[0]
        }
    }
    if ($Strict) {
        foreach ($name in 'Operations', 'UserIds', 'ObjectIds', 'IPAddresses', 'FreeText', 'RecordType') {
            if ($Bound.ContainsKey($name) -and (ConvertTo-LockboxList -Value @($Bound[$name])).Count -eq 0) {
                $filter[$name] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating `
                    -Message "-$name is empty." -Remedy "Name what to filter by, or leave -$name out."
            }
        }
    }
    $filter
}
