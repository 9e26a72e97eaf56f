function Confirm-LockboxAction {
    # ShouldProcess, except that a prompt which cannot be shown is a failure that says what to do.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][string]$Action
    )
    try {
        $Cmdlet.ShouldProcess($Action, "$Action`nContinue?", 'Customer Lockbox')
    }
    catch {
        $null = $global:Error.Remove($_)
        New-LockboxError -Code 'cannotPrompt' -Category OperationStopped -Terminating `
            -Message "The confirmation cannot be asked for here, and -Confirm:`$false was not given: $($_.Exception.GetBaseException().Message)" `
            -Remedy 'Run the command with -Confirm:$false where nobody can answer.'
    }
}
