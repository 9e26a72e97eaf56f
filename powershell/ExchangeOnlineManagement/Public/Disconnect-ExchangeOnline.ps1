function Disconnect-ExchangeOnline {
    <#
    .SYNOPSIS
        Ends the connection that Connect-ExchangeOnline made.

    .DESCRIPTION
        Asks first, as documented; scripts pass -Confirm:$false. A connection id or a prefix that is
        none of the connection's ends nothing.

    .PARAMETER ConnectionId
        Ends the connection only if it has one of these ids. Takes pipeline input by property name.

    .PARAMETER ModulePrefix
        Ends the connection only if it was made with one of these prefixes.

    .OUTPUTS
        None.

    .EXAMPLE
        Disconnect-ExchangeOnline -Confirm:$false

        Ends the connection without asking.
    #>
    [CmdletBinding(DefaultParameterSetName = 'Default', SupportsShouldProcess = $true, ConfirmImpact = 'High', PositionalBinding = $false)]
    [OutputType([System.Void])]
    param(
        [Parameter(Mandatory = $true, ParameterSetName = 'ConnectionId', ValueFromPipelineByPropertyName = $true)]
        [string[]]$ConnectionId,

        [Parameter(Mandatory = $true, ParameterSetName = 'ModulePrefix')]
        [string[]]$ModulePrefix
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    process {
        $state = $script:ShimState
        if ($null -eq $state.Connection -or
            ($PSCmdlet.ParameterSetName -eq 'ConnectionId' -and $ConnectionId -notcontains $state.Connection.ConnectionId) -or
            ($PSCmdlet.ParameterSetName -eq 'ModulePrefix' -and $ModulePrefix -notcontains $state.Prefix)) {
            return
        }
        try {
            $go = $PSCmdlet.ShouldProcess('the connection to the Customer Lockbox', 'Disconnect')
        }
        catch {
            $record = [System.Management.Automation.ErrorRecord]::new(
                [System.InvalidOperationException]::new('Nobody can be asked here whether to disconnect. Pass -Confirm:$false.'), 'LockboxCannotAsk', 'InvalidOperation', $null)
            $PSCmdlet.ThrowTerminatingError($record)
        }
        if ($go) {
            & $state.Module { Disconnect-CustomerLockbox -Confirm:$false -WhatIf:$false }
            $state.Connection = $null
            $state.Prefix = ''
        }
    }
}
