function Find-LockboxFault {
    # The first failure among converted parameters, or nothing.
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Values)
    foreach ($key in $Values.Keys) {
        if ($Values[$key] -is [System.Management.Automation.ErrorRecord]) {
            return $Values[$key]
        }
    }
}
