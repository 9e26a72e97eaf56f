function Stop-AccessToCustomerDataRequest {
    <#
    .SYNOPSIS
        Withdraws a request, or finishes its access early, as the provider.

    .DESCRIPTION
        A request that waits for review or for the customer is withdrawn. An access that runs is
        finished now. Writes nothing unless -PassThru is given. With -WhatIf the daemon judges it and
        nothing is written.

    .PARAMETER Identity
        The request, by GUID, or by reference number together with -Tenant. Takes pipeline input by
        property name.

    .PARAMETER Comment
        Why.

    .PARAMETER Tenant
        The customer, by name or GUID; needed with a reference number.

    .PARAMETER PassThru
        Writes the request as it is afterwards.

    .INPUTS
        Objects with a property Identity or RequestId.

    .OUTPUTS
        None, or CustomerLockbox.Request with -PassThru.

    .EXAMPLE
        Stop-AccessToCustomerDataRequest -Identity EXSR123456 -Tenant contoso.onmicrosoft.com -Comment "Solved without access"

        Withdraws the request, or ends its access.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Request')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [Alias('RequestId')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Identity,

        [string]$Comment,

        [string]$Tenant,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{}
        if ($Comment -ne '') { $terms['comment'] = $Comment }
        if ($PSBoundParameters.ContainsKey('Tenant')) { $terms['tenant'] = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant' }
        $fault = Find-LockboxFault -Values $terms
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $Identity -Terminating))
        }
    }

    process {
        $id = ConvertTo-LockboxRequestId -Value $Identity -Name 'Identity'
        $judged = Read-LockboxRequest -RequestId $id -Tenant $terms['tenant']
        $method = 'request.withdraw'
        $action = "Withdraw the request $id"
        if ($judged.state -eq 'Approved') {
            $method = 'request.complete'
            $action = "Finish the access of request $id"
        }
        if ($WhatIfPreference -and -not (Test-LockboxFault $judged)) {
            $judged = Invoke-LockboxRpc -Method $method -Params ($terms + @{ requestId = $id; validateOnly = $true })
        }
        if (-not (Test-LockboxFault $judged)) {
            $judged = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action $action
        }
        if (Test-LockboxFault $judged) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $judged -Target $Identity
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if (-not $judged) {
            return
        }
        $reply = Invoke-LockboxRpc -Method $method -Params ($terms + @{ requestId = $id; idempotencyKey = [guid]::NewGuid().ToString() })
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $Identity
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($PassThru) {
            ConvertTo-LockboxRequest -Request $reply.request
        }
    }
}
