function Get-CustomerLockboxEmergencyAccess {
    <#
    .SYNOPSIS
        Reads emergency access: what the provider did without asking.

    .DESCRIPTION
        Two of the provider's people may grant emergency access for at most four hours. Nobody of the
        customer is asked; it stands in the customer's audit log before it works. Where the customer
        allows reports only, what happened is reported afterwards (Reported is then true).

        Without parameters it writes all that you may see: what waits for somebody first, then the
        others, each newest first. It waits until a person of the customer acknowledges it with
        Confirm-CustomerLockboxEmergencyAccess. Access that runs ends at once with
        Set-AccessToCustomerDataRequest -ApprovalDecision Cancel.

        Every date is UTC: compare with [datetime]::UtcNow.

    .PARAMETER RequestId
        The emergency access with this reference number (such as EXSR123456) or GUID. Takes pipeline
        input by property name. A blank value is an error, and never means all.

    .PARAMETER Open
        Only what waits: for the customer to acknowledge it or, among the provider's people, for a
        manager to confirm it.

    .PARAMETER Tenant
        The customer, by name or GUID, for the provider's callers; they need it with a reference number.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        CustomerLockbox.EmergencyAccess

    .EXAMPLE
        Get-CustomerLockboxEmergencyAccess -Open

        Lists what nobody has acknowledged.

    .EXAMPLE
        Get-CustomerLockboxEmergencyAccess -RequestId EXSR123456 | Format-List

        Shows everything about one.

    .EXAMPLE
        Get-CustomerLockboxEmergencyAccess -Open | Where-Object { $_.State -eq 'Approved' } | Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -Comment "Not during our year-end close"

        Ends all emergency access that runs.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.EmergencyAccess')]
    param(
        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [switch]$Open,

        [string]$Tenant
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $filter = @{}
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
            $found = Read-LockboxEmergencyAccess -RequestId (ConvertTo-LockboxRequestId -Value $RequestId) -Tenant $filter['tenant']
            if (Test-LockboxFault $found) {
                $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $found -Target $RequestId
                if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                return
            }
            $waits = $null -eq $found.emergency.acknowledgedBy -and ($null -ne $found.sentToCustomerDate -or $found.state -eq 'InternalReview')
            if ($waits -or -not $Open) {
                ConvertTo-LockboxEmergencyAccess -Request $found
            }
            return
        }
        $params = @{} + $filter
        if ($Open) { $params['open'] = $true }
        do {
            $page = Invoke-LockboxRpc -Method 'emergency.list' -Params $params
            if (Test-LockboxFault $page) {
                $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $page -Target $null
                if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                return
            }
            foreach ($request in $page.emergencies) {
                ConvertTo-LockboxEmergencyAccess -Request $request
            }
            $params['cursor'] = $page.nextCursor
        } while ($null -ne $page.nextCursor)
    }
}
