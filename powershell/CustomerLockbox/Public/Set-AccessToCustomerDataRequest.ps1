function Set-AccessToCustomerDataRequest {
    <#
    .SYNOPSIS
        Approves, denies or cancels a request for access to customer data.

    .DESCRIPTION
        Approve and Deny answer a request that is pending. Cancel takes back a pending request, or ends
        at once an access that was approved. Writes nothing unless -PassThru is given.

        A decision that fails (somebody was faster, the time is over) is an error for that request; the
        others in the pipeline are decided all the same. With -WhatIf the daemon judges the decision
        as it would the real one, and nothing is written.

    .PARAMETER ApprovalDecision
        Approve, Deny or Cancel: the whole word, in any case.

    .PARAMETER RequestId
        The request, by reference number (such as EXSR123456) or GUID. Takes pipeline input by property
        name. A blank value is an error for that item.

    .PARAMETER Comment
        Why. It stands in the audit log.

    .PARAMETER Duration
        With Approve only: grants access for a shorter time than was asked, as hh:mm, hh:mm:ss or a
        TimeSpan. It never makes the access longer.

    .PARAMETER ServiceName
        A guard: the decision is refused if the request is for another service. EOP, Exchange,
        SharePoint, Teams, or any other service of the daemon's catalog.

    .PARAMETER PassThru
        Writes the request as it is after the decision.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        None, or CustomerLockbox.Request with -PassThru.

    .EXAMPLE
        Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId EXSR123456 -Comment "Troubleshoot issues in Rick Hofer mailbox"

        Approves a request.

    .EXAMPLE
        Set-AccessToCustomerDataRequest -ApprovalDecision Approve -RequestId EXSR123456 -Duration 01:30 -PassThru

        Approves for an hour and a half, and shows the request.

    .EXAMPLE
        Get-AccessToCustomerDataRequest -ApprovalStatus Pending | Set-AccessToCustomerDataRequest -ApprovalDecision Deny -ErrorAction Continue -ErrorVariable failed

        Denies everything that is pending. A request that somebody else decided first leaves an error in
        $failed, and the rest are denied.

    .EXAMPLE
        Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -RequestId EXSR123456 -WhatIf

        Says what would happen, or fails as the real call would.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/powershell/module/exchangepowershell/set-accesstocustomerdatarequest')]
    [OutputType('CustomerLockbox.Request')]
    param(
        [Parameter(Mandatory = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ApprovalDecision,

        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        # -C and -Co mean Comment in the documented cmdlet, which has no -Confirm.
        [Alias('C', 'Co')]
        [string]$Comment,

        $Duration,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ServiceName,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $terms = @{ decision = ConvertTo-LockboxWord -Value $ApprovalDecision -Name 'ApprovalDecision' }
        if ($PSBoundParameters.ContainsKey('Duration')) {
            $terms['durationSeconds'] = ConvertTo-LockboxSeconds -Value $Duration -Name 'Duration'
            if ($terms['decision'] -ne 'Approve') {
                $terms['durationSeconds'] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating `
                    -Message '-Duration goes with -ApprovalDecision Approve only.' -Remedy 'Leave -Duration out.'
            }
        }
        if ($PSBoundParameters.ContainsKey('ServiceName')) {
            $terms['serviceName'] = ConvertTo-LockboxWord -Value $ServiceName -Name 'ServiceName' -Open
        }
        if ($Comment -ne '') {
            $terms['comment'] = $Comment
        }
        $fault = Find-LockboxFault -Values $terms
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $RequestId -Terminating))
        }
    }

    process {
        $id = ConvertTo-LockboxRequestId -Value $RequestId
        $action = "$($terms['decision']) the request $id"
        $judged = $id
        if ($WhatIfPreference) {
            # The daemon judges it and writes nothing, so a refusal shows here as in the real call.
            $judged = Invoke-LockboxRpc -Method 'request.decide' -Params ($terms + @{ requestId = $id; validateOnly = $true })
            $action = "$action ($($judged.request.serviceName), $($judged.request.requestor), now $($judged.request.state))"
        }
        if (-not (Test-LockboxFault $judged)) {
            $judged = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action $action
        }
        if (Test-LockboxFault $judged) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $judged -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if (-not $judged) {
            return
        }
        $reply = Invoke-LockboxRpc -Method 'request.decide' -Params ($terms + @{ requestId = $id; idempotencyKey = [guid]::NewGuid().ToString() })
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($PassThru) {
            ConvertTo-LockboxRequest -Request $reply.request
        }
    }
}
