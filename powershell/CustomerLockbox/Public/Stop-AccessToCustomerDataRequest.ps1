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
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('CustomerLockbox.Request')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [Alias('RequestId')]
        [string]$Identity,

        [string]$Comment,

        [string]$Tenant,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{}
        try {
            if ($Comment -ne '') { $terms['comment'] = $Comment }
            if ($PSBoundParameters.ContainsKey('Tenant')) { $terms['tenant'] = ConvertTo-LockboxRequestId -Value $Tenant -Name 'Tenant' }
        }
        catch {
            Write-LockboxFailure -Cmdlet $PSCmdlet -Record $_ -Target $Identity -Terminating
        }
    }

    process {
        $request = $null
        try {
            $id = ConvertTo-LockboxRequestId -Value $Identity -Name 'Identity'
            $params = $terms + @{ requestId = $id }
            $present = Read-LockboxRequest -RequestId $id -Tenant $terms['tenant']
            $method = 'request.withdraw'
            $action = "Withdraw the request $id"
            if ($present.state -eq 'Approved') {
                $method = 'request.complete'
                $action = "Finish the access of request $id"
            }
            if ($WhatIfPreference) {
                $null = Invoke-LockboxRpc -Method $method -Params ($params + @{ validateOnly = $true })
            }
        }
        catch {
            Write-LockboxFailure -Cmdlet $PSCmdlet -Record $_ -Target $Identity
            return
        }
        if (-not (Confirm-LockboxAction -Cmdlet $PSCmdlet -Action $action -Target $id)) {
            return
        }
        try {
            $params['idempotencyKey'] = [guid]::NewGuid().ToString()
            $request = (Invoke-LockboxRpc -Method $method -Params $params).request
        }
        catch {
            Write-LockboxFailure -Cmdlet $PSCmdlet -Record $_ -Target $Identity
            return
        }
        if ($PassThru) {
            ConvertTo-LockboxRequest -Request $request
        }
    }
}
