function Get-AccessToCustomerDataRequest {
    <#
    .SYNOPSIS
        Reads requests for access to customer data.

    .DESCRIPTION
        Without parameters it writes every request that you may see, newest first. Each object is
        written as its page arrives. A request that was named and does not exist is an error; filters
        that nothing matches write nothing.

        Every date is UTC: compare with [datetime]::UtcNow.

    .PARAMETER ApprovalStatus
        Only requests with this status: Approved, Canceled, Denied, Expired or Pending.

    .PARAMETER CreatedAfter
        Only requests created after this instant. Text without a zone is UTC.

    .PARAMETER RequestId
        The request with this reference number (such as EXSR123456) or GUID. Takes pipeline input by
        property name. A blank value is an error, and never means all.

    .PARAMETER State
        Only requests in this state, for the provider's callers: InternalReview, Rejected, Pending,
        Approved, Denied, Canceled, Expired, Withdrawn, Completed, Revoked or Ended.

    .PARAMETER Tenant
        The customer, by name or GUID, for the provider's callers; they need it with a reference number.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        CustomerLockbox.Request

    .EXAMPLE
        Get-AccessToCustomerDataRequest

        Lists every request.

    .EXAMPLE
        Get-AccessToCustomerDataRequest -ApprovalStatus Pending

        Lists what waits for your decision.

    .EXAMPLE
        Get-AccessToCustomerDataRequest -RequestId EXSR123456 | Format-List

        Shows everything about one request.

    .EXAMPLE
        Get-AccessToCustomerDataRequest -ApprovalStatus Pending | Where-Object { $_.ExpirationDate -lt [datetime]::UtcNow.AddHours(2) }

        Lists pending requests that expire within two hours.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/powershell/module/exchangepowershell/get-accesstocustomerdatarequest')]
    [OutputType('CustomerLockbox.Request')]
    param(
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ApprovalStatus,

        $CreatedAfter,

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$State,

        [string]$Tenant
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $filter = @{}
        if ($PSBoundParameters.ContainsKey('ApprovalStatus')) {
            $filter['approvalStatus'] = ConvertTo-LockboxWord -Value $ApprovalStatus -Name 'ApprovalStatus'
        }
        if ($PSBoundParameters.ContainsKey('CreatedAfter')) {
            $filter['createdAfter'] = ConvertTo-LockboxInstant -Value $CreatedAfter -Name 'CreatedAfter'
        }
        if ($PSBoundParameters.ContainsKey('State')) {
            $filter['state'] = ConvertTo-LockboxWord -Value $State -Name 'State'
        }
        if ($PSBoundParameters.ContainsKey('Tenant')) {
            $filter['tenant'] = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant'
        }
        $fault = Find-LockboxFault -Values $filter
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $null -Terminating))
        }
    }

    process {
        if ($PSBoundParameters.ContainsKey('RequestId')) {
            $found = Find-LockboxRequest -RequestId (ConvertTo-LockboxRequestId -Value $RequestId) -Filter $filter
            if (Test-LockboxFault $found) {
                $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $found -Target $RequestId
                if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                return
            }
            foreach ($request in $found) {
                ConvertTo-LockboxRequest -Request $request
            }
            return
        }
        $params = @{} + $filter
        $read = 0
        try {
            do {
                $page = Invoke-LockboxRpc -Method 'request.list' -Params $params
                if (Test-LockboxFault $page) {
                    $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $page -Target $null
                    if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                    return
                }
                foreach ($request in $page.requests) {
                    ConvertTo-LockboxRequest -Request $request
                }
                $read += @($page.requests).Count
                $params['cursor'] = $page.nextCursor
                # One page is soon read; only more than one is worth a bar.
                if ($null -ne $page.nextCursor) { Write-Progress -Activity 'Reading requests' -Status "$read so far" }
            } while ($null -ne $page.nextCursor)
        }
        finally {
            if ($read -gt 0) { Write-Progress -Activity 'Reading requests' -Completed }
        }
    }
}
