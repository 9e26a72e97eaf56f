function Confirm-LockboxAction {
    # ShouldProcess, except that a prompt which cannot be shown ends the command and says what to do.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][string]$Action,
        [AllowNull()][object]$Target
    )
    try {
        $Cmdlet.ShouldProcess($Action, "$Action`nContinue?", 'Customer Lockbox')
    }
    catch {
        $record = New-LockboxError -Code 'cannotPrompt' -Category OperationStopped -Terminating `
            -Message "The confirmation cannot be asked for here: $($_.Exception.GetBaseException().Message)" `
            -Remedy 'Run the command with -Confirm:$false where nobody can answer.'
        $null = $global:Error.Remove($_)
        Write-LockboxFailure -Cmdlet $Cmdlet -Record $record -Target $Target -Terminating
    }
}
