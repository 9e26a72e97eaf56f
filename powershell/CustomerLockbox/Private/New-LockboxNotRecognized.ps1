function New-LockboxNotRecognized {
    # Exchange Online does not export a cmdlet to those whose roles do not allow it, and scripts test
    # for the text of an unknown command. The wording is taken from the running PowerShell by asking
    # it for a command that nobody has.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$Record,
        [AllowNull()][object]$Target
    )
    $name = $Cmdlet.MyInvocation.MyCommand.Name
    $unknown = 'lockbox-' + [guid]::NewGuid().ToString('N')
    $PSModuleAutoLoadingPreference = 'None'
    $sentence = $null
    try {
        & $unknown
    }
    catch {
        $sentence = $_.Exception.Message.Replace($unknown, $name)
        if ($global:Error.Count -gt 0 -and [object]::ReferenceEquals($global:Error[0].Exception, $_.Exception)) {
            $global:Error.RemoveAt(0)
        }
    }
    $exception = [System.Management.Automation.CommandNotFoundException]::new($sentence)
    $exception.CommandName = $name
    $exception.Data['code'] = 'forbidden'
    $exception.Data['message'] = $Record.Exception.Message
    if ($null -eq $Target) {
        $Target = $name
    }
    $failure = [System.Management.Automation.ErrorRecord]::new($exception, 'CommandNotFoundException', 'ObjectNotFound', $Target)
    $failure.ErrorDetails = [System.Management.Automation.ErrorDetails]::new($sentence)
    $failure.ErrorDetails.RecommendedAction = "$($Record.Exception.Message) $($Record.Exception.Data['remedy'])".TrimEnd()
    $failure
}
