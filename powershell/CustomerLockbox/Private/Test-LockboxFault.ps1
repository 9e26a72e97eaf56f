function Test-LockboxFault {
    # Whether a private function returned a failure instead of its value. Failures are returned, never
    # thrown: a caught exception would still enter the caller's -ErrorVariable and $Error.
    param([AllowNull()][object]$Value)
    $Value -is [System.Management.Automation.ErrorRecord]
}
