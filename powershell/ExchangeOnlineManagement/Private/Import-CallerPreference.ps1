function Import-CallerPreference {
    # A function of a module does not see the preference variables that a calling script has set, so
    # each public function takes them over here, where its switch was not given.
    param(
        [Parameter(Mandatory = $true)]
        [System.Management.Automation.PSCmdlet]$Cmdlet
    )
    $switches = @{
        ErrorActionPreference = 'ErrorAction'
        WarningPreference     = 'WarningAction'
        InformationPreference = 'InformationAction'
        VerbosePreference     = 'Verbose'
        WhatIfPreference      = 'WhatIf'
        ConfirmPreference     = 'Confirm'
    }
    foreach ($name in $switches.Keys) {
        $variable = $Cmdlet.SessionState.PSVariable.Get($name)
        if (-not $Cmdlet.MyInvocation.BoundParameters.ContainsKey($switches[$name]) -and $null -ne $variable) {
            Set-Variable -Name $name -Value $variable.Value -Scope 1 -WhatIf:$false -Confirm:$false
        }
    }
}
