function Write-LockboxFailure {
    # Raises a caught failure as the public command's own error: for one item and go on, or, where
    # no further item could do better (no connection, bad token, bad usage), ending the command.
    # `Write-Error` would leave the caller's $? true, and a bare `throw` would show our insides.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$Record,
        [AllowNull()][object]$Target,
        [switch]$Terminating
    )
    # The inner record is ours; only the one raised below is the caller's business.
    if ($global:Error.Count -gt 0 -and [object]::ReferenceEquals($global:Error[0].Exception, $Record.Exception)) {
        $global:Error.RemoveAt(0)
    }
    $exception = $Record.Exception
    $code = $exception.Data['code']
    if ($null -eq $code) {
        # Not one of ours: a fault in the module or below it.
        $failure = [System.Management.Automation.ErrorRecord]::new($exception, 'LockboxUnexpected', $Record.CategoryInfo.Category, $Target)
        $failure.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($exception.Message)
        $failure.ErrorDetails.RecommendedAction = 'Run the command again with -Verbose, and report what it shows.'
        $Cmdlet.ThrowTerminatingError($failure)
    }
    if ($code -eq 'forbidden') {
        $Cmdlet.ThrowTerminatingError((New-LockboxNotRecognized -Cmdlet $Cmdlet -Record $Record -Target $Target))
    }
    $id = $Record.FullyQualifiedErrorId.Split(',')[0]
    $remedy = [string]$exception.Data['remedy']
    $failure = [System.Management.Automation.ErrorRecord]::new($exception, $id, $Record.CategoryInfo.Category, $Target)
    $text = $exception.Message
    if ($PSVersionTable.PSEdition -ne 'Core') {
        # PowerShell 7 shows the recommended action beside the message; Windows PowerShell does not.
        $text = "$text $remedy".TrimEnd()
    }
    $failure.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($text)
    $failure.ErrorDetails.RecommendedAction = $remedy
    if ($Terminating -or $exception.Data['terminating']) {
        $Cmdlet.ThrowTerminatingError($failure)
    }
    $Cmdlet.WriteError($failure)
}
