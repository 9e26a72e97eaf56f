function Confirm-AccessToCustomerDataRequest {
    <#
    .SYNOPSIS
        Reviews a request before it reaches the customer, as a support manager of the provider.

    .DESCRIPTION
        Approve sends the request to the customer; Reject ends it. The reviewer must be somebody else
        than the engineer who asks. Writes nothing unless -PassThru is given. With -WhatIf the daemon
        judges the review and nothing is written.

    .PARAMETER Identity
        The request, by GUID, or by reference number together with -Tenant. Takes pipeline input by
        property name.

    .PARAMETER Decision
        Approve or Reject: the whole word, in any case.

    .PARAMETER Comment
        Why. Only the provider's people see it.

    .PARAMETER Tenant
        The customer, by name or GUID; needed with a reference number.

    .PARAMETER PassThru
        Writes the request as it is after the review.

    .INPUTS
        Objects with a property Identity or RequestId.

    .OUTPUTS
        None, or CustomerLockbox.Request with -PassThru.

    .EXAMPLE
        Get-AccessToCustomerDataRequest -State InternalReview | Confirm-AccessToCustomerDataRequest -Decision Approve

        Sends every request that waits for review to its customer.

    .EXAMPLE
        Confirm-AccessToCustomerDataRequest -Identity EXSR123456 -Tenant contoso.onmicrosoft.com -Decision Approve -Comment "Ticket checked"

        Sends one request to the customer.
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

        [Parameter(Mandatory = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Decision,

        [string]$Comment,

        [string]$Tenant,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{ decision = ConvertTo-LockboxWord -Value $Decision -Name 'Decision' }
        if ($Comment -ne '') { $terms['comment'] = $Comment }
        if ($PSBoundParameters.ContainsKey('Tenant')) { $terms['tenant'] = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant' }
        $fault = Find-LockboxFault -Values $terms
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $Identity -Terminating))
        }
    }

    process {
        $id = ConvertTo-LockboxRequestId -Value $Identity -Name 'Identity'
        $judged = $id
        if ($WhatIfPreference) {
            $judged = Invoke-LockboxRpc -Method 'request.review' -Params ($terms + @{ requestId = $id; validateOnly = $true })
        }
        if (-not (Test-LockboxFault $judged)) {
            $judged = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "$($terms['decision']) the review of request $id"
        }
        if (Test-LockboxFault $judged) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $judged -Target $Identity
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if (-not $judged) {
            return
        }
        $reply = Invoke-LockboxRpc -Method 'request.review' -Params ($terms + @{ requestId = $id; idempotencyKey = [guid]::NewGuid().ToString() })
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
