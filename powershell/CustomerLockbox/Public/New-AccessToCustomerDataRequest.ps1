function New-AccessToCustomerDataRequest {
    <#
    .SYNOPSIS
        Asks for access to a customer's data, as a support engineer of the provider.

    .DESCRIPTION
        The request goes to the provider's own review first, then to the customer. It cannot be changed
        afterwards. Writes the request.

    .PARAMETER Tenant
        The customer, by name or GUID.

    .PARAMETER ServiceName
        The service whose data is to be reached, for example Exchange.

    .PARAMETER Reason
        Why. The customer reads it.

    .PARAMETER ServiceRequestNumber
        The number of the support ticket.

    .PARAMETER Duration
        How long the access is needed: hh:mm, hh:mm:ss or a TimeSpan.

    .PARAMETER Resource
        What exactly is to be reached, for example mailboxes.

    .PARAMETER DataCategory
        Which kinds of customer content are touched.

    .PARAMETER AccessLevel
        read (if not given) or write.

    .PARAMETER Operation
        The operations that are needed.

    .PARAMETER Citizenship
        The engineer's citizenship, where it matters to the customer.

    .PARAMETER Location
        Where the engineer works, where it matters to the customer.

    .PARAMETER RequestId
        A reference number to carry, such as EXSR123456; the daemon counts one up if not given.

    .OUTPUTS
        CustomerLockbox.Request

    .EXAMPLE
        New-AccessToCustomerDataRequest -Tenant contoso.onmicrosoft.com -ServiceName Exchange -Reason "Mailbox does not open" -ServiceRequestNumber CLB-1042 -Duration 02:00

        Asks for two hours of access.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Request')]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Tenant,

        [Parameter(Mandatory = $true)]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ServiceName,

        [Parameter(Mandatory = $true)]
        [string]$Reason,

        [Parameter(Mandatory = $true)]
        [string]$ServiceRequestNumber,

        $Duration,

        [string[]]$Resource,

        [string[]]$DataCategory,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$AccessLevel,

        [string[]]$Operation,

        [string]$Citizenship,

        [string]$Location,

        [string]$RequestId
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $params = @{
            tenant               = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant'
            serviceName          = ConvertTo-LockboxName -Value $ServiceName -Name 'ServiceName'
            reason               = $Reason
            serviceRequestNumber = ConvertTo-LockboxName -Value $ServiceRequestNumber -Name 'ServiceRequestNumber'
            idempotencyKey       = [guid]::NewGuid().ToString()
        }
        if ($PSBoundParameters.ContainsKey('Duration')) { $params['durationSeconds'] = ConvertTo-LockboxSeconds -Value $Duration -Name 'Duration' }
        if ($PSBoundParameters.ContainsKey('AccessLevel')) { $params['accessLevel'] = ConvertTo-LockboxWord -Value $AccessLevel -Name 'AccessLevel' }
        if ($PSBoundParameters.ContainsKey('RequestId')) { $params['requestId'] = ConvertTo-LockboxRequestId -Value $RequestId }
        if ($Resource) { $params['resources'] = $Resource }
        if ($DataCategory) { $params['dataCategories'] = $DataCategory }
        if ($Operation) { $params['operations'] = $Operation }
        if ($Citizenship) { $params['citizenship'] = $Citizenship }
        if ($Location) { $params['location'] = $Location }
        $go = Find-LockboxFault -Values $params
        if ($null -eq $go) {
            $go = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "Ask $Tenant for access to $ServiceName"
        }
        if (Test-LockboxFault $go) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $go -Target $Tenant -Terminating))
        }
        if (-not $go) {
            return
        }
        $reply = Invoke-LockboxRpc -Method 'request.submit' -Params $params
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $Tenant
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        ConvertTo-LockboxRequest -Request $reply.request
    }
}
