function Import-CallerPreference {
    # A function of a module does not see the preference variables that a calling script or function
    # has set: its own scopes end in the global one. So each public function takes them over here.
    param(
        [Parameter(Mandatory = $true)]
        [System.Management.Automation.PSCmdlet]$Cmdlet
    )
    $switches = @{
        ErrorActionPreference = 'ErrorAction'
        WarningPreference     = 'WarningAction'
        InformationPreference = 'InformationAction'
        VerbosePreference     = 'Verbose'
        DebugPreference       = 'Debug'
        ProgressPreference    = 'ProgressAction'
        WhatIfPreference      = 'WhatIf'
        ConfirmPreference     = 'Confirm'
    }
    foreach ($name in $switches.Keys) {
        if ($Cmdlet.MyInvocation.BoundParameters.ContainsKey($switches[$name])) {
            continue
        }
        $variable = $Cmdlet.SessionState.PSVariable.Get($name)
        if ($null -ne $variable) {
            Set-Variable -Name $name -Value $variable.Value -Scope 1 -WhatIf:$false -Confirm:$false
        }
    }
}
