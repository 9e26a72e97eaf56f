function Invoke-CustomerLockboxMethod {
    <#
    .SYNOPSIS
        Calls any JSON-RPC method of the daemon by name.

    .DESCRIPTION
        Writes the method's result as it came: names as on the wire, instants as text. Dates, durations,
        switches and GUIDs in the parameters are sent as the daemon wants them. With -WhatIf nothing
        is sent.

    .PARAMETER Method
        The method, for example system.info.

    .PARAMETER Params
        Its parameters by name, as a dictionary.

    .OUTPUTS
        CustomerLockbox.MethodResult

    .EXAMPLE
        Invoke-CustomerLockboxMethod -Method system.info

        Shows the daemon's version, services and limits.

    .EXAMPLE
        Invoke-CustomerLockboxMethod -Method request.list -Params @{ approvalStatus = 'Pending'; pageSize = 10 }

        Reads one page of pending requests.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.MethodResult')]
    param(
        [Parameter(Mandatory = $true, Position = 0)]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Method,

        [Parameter(Position = 1)]
        [System.Collections.IDictionary]$Params
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $go = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "Call $Method"
        if (Test-LockboxFault $go) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $go -Target $Method -Terminating))
        }
        if (-not $go) {
            return
        }
        if ($null -eq $Params) { $Params = @{} }
        $result = Invoke-LockboxRpc -Method $Method.Trim() -Params $Params
        if ((Test-LockboxFault $result) -and $result.Exception.Data['code'] -eq 'forbidden') {
            # The cmdlet is there for everybody; it is the method that is not allowed.
            $result.Exception.Data['code'] = 'methodForbidden'
        }
        if (Test-LockboxFault $result) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $result -Target $Method
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($result -is [System.Management.Automation.PSCustomObject]) {
            $result.PSObject.TypeNames.Insert(0, 'CustomerLockbox.MethodResult')
        }
        $result
    }
}
