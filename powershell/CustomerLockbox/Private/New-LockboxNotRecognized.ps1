function New-LockboxNotRecognized {
    # Exchange Online does not export a cmdlet to those whose roles do not allow it, and scripts test
    # for the text of an unknown command. The wording comes from the running PowerShell's own texts.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][System.Management.Automation.ErrorRecord]$Record,
        [AllowNull()][object]$Target
    )
    $name = $Cmdlet.MyInvocation.MyCommand.Name
    $wording = 'The term ''{0}'' is not recognized as the name of a cmdlet, function, script file, or operable program. ' +
        'Check the spelling of the name, or if a path was included, verify that the path is correct and try again.'
    $assembly = [psobject].Assembly
    $texts = @($assembly.GetManifestResourceNames() -match '(^|\.)DiscoveryExceptions\.resources$')
    if ($texts.Count -eq 1) {
        $own = [System.Resources.ResourceManager]::new(($texts[0] -replace '\.resources$', ''), $assembly).GetString('CommandNotFoundException')
        if ($own -like '*{0}*') {
            $wording = $own
        }
    }
    $sentence = $wording -f $name
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
