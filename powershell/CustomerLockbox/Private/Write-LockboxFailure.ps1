function Write-LockboxFailure {
    # Raises a failure as the public command's own error. For one item it writes it, and the command
    # goes on. Where no further item could do better (no connection, bad token, bad usage) it returns
    # the record, and the command ends itself with ThrowTerminatingError: an exception that passes
    # through here would leave a second entry in the caller's -ErrorVariable. `Write-Error` would
    # leave the caller's $? true.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$Record,
        [AllowNull()][object]$Target,
        [switch]$Terminating
    )
    $exception = $Record.Exception
    if ($exception.Data['code'] -eq 'forbidden') {
        return New-LockboxNotRecognized -Cmdlet $Cmdlet -Record $Record -Target $Target
    }
    if ($null -eq $Target) {
        $Target = $Cmdlet.MyInvocation.MyCommand.Name
    }
    $remedy = [string]$exception.Data['remedy']
    $failure = [System.Management.Automation.ErrorRecord]::new($exception, $Record.FullyQualifiedErrorId, $Record.CategoryInfo.Category, $Target)
    $text = $exception.Message
    if ($PSVersionTable.PSEdition -ne 'Core') {
        # PowerShell 7 shows the recommended action beside the message; Windows PowerShell does not.
        $text = "$text $remedy".TrimEnd()
    }
    $failure.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($text)
    $failure.ErrorDetails.RecommendedAction = $remedy
    if ($Terminating -or $exception.Data['terminating']) {
        return $failure
    }
    $Cmdlet.WriteError($failure)
}
