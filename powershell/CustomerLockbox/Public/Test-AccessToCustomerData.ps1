function Test-AccessToCustomerData {
    <#
    .SYNOPSIS
        Tells whether an engineer may reach a customer's data right now.

    .DESCRIPTION
        Writes exactly one $true or $false for each input. When the answer cannot be had (no connection,
        no such request) it writes nothing and ends with an error: no failure may read as true.

    .PARAMETER Tenant
        The customer, by name or GUID.

    .PARAMETER RequestId
        Only under this request, by reference number or GUID. Takes pipeline input by property name.

    .PARAMETER Engineer
        The engineer, by address or GUID; you, if not given.

    .PARAMETER ServiceName
        The service that is to be reached.

    .PARAMETER Resource
        What exactly is to be reached.

    .PARAMETER Operation
        The operation that is to be run.

    .PARAMETER AccessLevel
        read or write.

    .PARAMETER Detailed
        Writes an object with the answer and its reason, instead of a Boolean.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        System.Boolean, or CustomerLockbox.AccessCheck with -Detailed.

    .EXAMPLE
        if (Test-AccessToCustomerData -Tenant contoso.onmicrosoft.com -RequestId EXSR123456) { 'open the door' }

        Opens a door only under a live grant.

    .EXAMPLE
        Test-AccessToCustomerData -Tenant contoso.onmicrosoft.com -RequestId EXSR123456 -Detailed

        Shows why not.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType([bool])]
    [OutputType('CustomerLockbox.AccessCheck')]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Tenant,

        [Parameter(ValueFromPipelineByPropertyName = $true)]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [string]$Engineer,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ServiceName,

        [string]$Resource,

        [string]$Operation,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$AccessLevel,

        [switch]$Detailed
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    process {
        $params = @{ tenant = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant' }
        if ($PSBoundParameters.ContainsKey('RequestId')) { $params['requestId'] = ConvertTo-LockboxRequestId -Value $RequestId }
        foreach ($name in 'Engineer', 'ServiceName', 'Resource', 'Operation') {
            if ($PSBoundParameters.ContainsKey($name)) {
                $key = $name.Substring(0, 1).ToLowerInvariant() + $name.Substring(1)
                $params[$key] = ConvertTo-LockboxName -Value $PSBoundParameters[$name] -Name $name
            }
        }
        if ($PSBoundParameters.ContainsKey('AccessLevel')) {
            $params['accessLevel'] = ConvertTo-LockboxWord -Value $AccessLevel -Name 'AccessLevel'
        }
        $answer = Invoke-LockboxRpc -Method 'grant.check' -Params $params
        if (-not (Test-LockboxFault $answer) -and ($null -eq $answer -or $answer.allowed -isnot [bool])) {
            $answer = New-LockboxError -Code 'noAnswer' -Category InvalidResult -Terminating -Message 'The daemon did not say yes or no.' `
                -Remedy 'Check that daemon and module are of the same version.'
        }
        if (Test-LockboxFault $answer) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $answer -Target $RequestId -Terminating))
        }
        if (-not $Detailed) {
            return $answer.allowed
        }
        [pscustomobject]@{
            PSTypeName  = 'CustomerLockbox.AccessCheck'
            Allowed     = $answer.allowed
            Code        = $answer.code
            Message     = $answer.message
            CheckedDate = ConvertFrom-LockboxInstant -Text $answer.checkedAt
            RequestId   = $answer.requestId
            Identity    = $answer.identity
            GrantId     = $answer.grantId
            AccessEnd   = ConvertFrom-LockboxInstant -Text $answer.accessEnd
        }
    }
}
