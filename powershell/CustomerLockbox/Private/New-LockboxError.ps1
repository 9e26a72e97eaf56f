function New-LockboxError {
    # The one shape of every failure inside the module: private functions return it in place of their
    # value, and Write-LockboxFailure makes the caller's error of it. Its code and whatever else the
    # daemon told travel in Exception.Data, so that scripts can go on with them.
    param(
        [Parameter(Mandatory = $true)][string]$Code,
        [Parameter(Mandatory = $true)][string]$Message,
        [string]$Remedy,
        [System.Management.Automation.ErrorCategory]$Category = 'NotSpecified',
        [switch]$Terminating,
        [System.Collections.IDictionary]$Detail
    )
    if ($Category -eq 'ObjectNotFound') {
        $exception = [System.Management.Automation.ItemNotFoundException]::new($Message)
    }
    elseif ($Category -eq 'InvalidArgument') {
        $exception = [System.ArgumentException]::new($Message)
    }
    elseif ($Category -eq 'AuthenticationError') {
        $exception = [System.Security.Authentication.AuthenticationException]::new($Message)
    }
    else {
        $exception = [System.InvalidOperationException]::new($Message)
    }
    if ($null -ne $Detail) {
        foreach ($key in $Detail.Keys) {
            $exception.Data[[string]$key] = $Detail[$key]
        }
    }
    $exception.Data['code'] = $Code
    $exception.Data['remedy'] = $Remedy
    $exception.Data['terminating'] = [bool]$Terminating
    $id = 'Lockbox' + $Code.Substring(0, 1).ToUpperInvariant() + $Code.Substring(1)
    [System.Management.Automation.ErrorRecord]::new($exception, $id, $Category, $null)
}
