function Test-CustomerLockboxPolicy {
    <#
    .SYNOPSIS
        What if: tries a draft, an older version or the policy in force, on one request or on past ones.

    .DESCRIPTION
        It changes nothing, and takes the settings as they are now. It writes a result object, which is
        never a yes or no: look at its Outcome (Denied, Approved, Granted, Asked) or its Different.

        With -RequestId or -ServiceName it tries one request: an existing one, or a made-up one. Else it
        tries the past requests, and Differences holds the newest hundred that would have gone otherwise
        than they went; Different counts all of them.

        A draft that is wrong is a terminating error that says where.

        Every date is UTC: compare with [datetime]::UtcNow.

    .PARAMETER Path
        A draft: a policy file (JSON). Without -Path, -Document and -Version it is the policy in force.

    .PARAMETER Document
        A draft: a hashtable, an object or JSON text.

    .PARAMETER Version
        An older version.

    .PARAMETER RequestId
        An existing request, by reference number (such as EXSR123456) or GUID: what it asks for is tried
        as of its arrival, or of -At. Takes pipeline input by property name.

    .PARAMETER ServiceName
        The service of a made-up request.

    .PARAMETER Reason
        Its reason.

    .PARAMETER ServiceRequestNumber
        Its ticket; none if not given.

    .PARAMETER Duration
        How long its access is: hh:mm, hh:mm:ss or a TimeSpan.

    .PARAMETER Resource
        What exactly it is to reach.

    .PARAMETER DataCategory
        Which kinds of content it touches.

    .PARAMETER AccessLevel
        read (if not given) or write.

    .PARAMETER Operation
        The operations that it needs.

    .PARAMETER Citizenship
        The engineer's citizenship.

    .PARAMETER Location
        Where the engineer works.

    .PARAMETER At
        When the request arrives; text without a zone is UTC.

    .PARAMETER Since
        Only past requests that were created after this instant.

    .PARAMETER Until
        Only past requests that were created before this instant.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        CustomerLockbox.PolicyTrial for one request, CustomerLockbox.PolicySimulation for past ones.

    .EXAMPLE
        Test-CustomerLockboxPolicy -Path ./office.policy.json -ServiceName Exchange -At 2027-01-01T23:00:00Z

        What would become of a request that arrives late on New Year's Day.

    .EXAMPLE
        Test-CustomerLockboxPolicy -Path ./office.policy.json -RequestId EXSR123456

        What would have become of a request.

    .EXAMPLE
        $result = Test-CustomerLockboxPolicy -Path ./office.policy.json -Since ([datetime]::UtcNow.AddDays(-30)); $result.Differences | Format-Table RequestId, Happened, Would, Rule

        Which requests of the last thirty days would have gone otherwise.
    #>
    [CmdletBinding(PositionalBinding = $false, DefaultParameterSetName = 'Past',
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.PolicyTrial', 'CustomerLockbox.PolicySimulation')]
    param(
        [string]$Path,

        [object]$Document,

        [int]$Version,

        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true, ParameterSetName = 'Request')]
        [AllowEmptyString()]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [Parameter(Mandatory = $true, ParameterSetName = 'MadeUp')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ServiceName,

        [Parameter(ParameterSetName = 'MadeUp')]
        [string]$Reason,

        [Parameter(ParameterSetName = 'MadeUp')]
        [string]$ServiceRequestNumber,

        [Parameter(ParameterSetName = 'MadeUp')]
        $Duration,

        [Parameter(ParameterSetName = 'MadeUp')]
        [string[]]$Resource,

        [Parameter(ParameterSetName = 'MadeUp')]
        [string[]]$DataCategory,

        [Parameter(ParameterSetName = 'MadeUp')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$AccessLevel,

        [Parameter(ParameterSetName = 'MadeUp')]
        [string[]]$Operation,

        [Parameter(ParameterSetName = 'MadeUp')]
        [string]$Citizenship,

        [Parameter(ParameterSetName = 'MadeUp')]
        [string]$Location,

        [Parameter(ParameterSetName = 'Request')]
        [Parameter(ParameterSetName = 'MadeUp')]
        $At,

        [Parameter(ParameterSetName = 'Past')]
        $Since,

        [Parameter(ParameterSetName = 'Past')]
        $Until
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $policy = @{}
        $given = Read-LockboxPolicyDocument -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if ($null -ne $given) { $policy['document'] = $given }
        if ($PSBoundParameters.ContainsKey('Version')) {
            $policy['version'] = $Version
            if ($null -ne $given) {
                $policy['version'] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message '-Version and a draft both name a policy.' `
                    -Remedy 'Give one of the two.'
            }
        }
        foreach ($pair in @('At', 'at'), @('Since', 'since'), @('Until', 'until')) {
            if ($PSBoundParameters.ContainsKey($pair[0])) { $policy[$pair[1]] = ConvertTo-LockboxInstant -Value $PSBoundParameters[$pair[0]] -Name $pair[0] }
        }
        $fault = Find-LockboxFault -Values $policy
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $null -Terminating))
        }
    }

    process {
        $asked = $null
        $set = $PSCmdlet.ParameterSetName
        if ($set -eq 'Request') {
            $asked = ConvertTo-LockboxRequestId -Value $RequestId
            if (-not (Test-LockboxFault $asked)) { $asked = Read-LockboxRequest -RequestId $asked }
            if (-not (Test-LockboxFault $asked) -and $null -ne $asked.emergency) {
                $asked = New-LockboxError -Code 'emergencyAccess' -Category InvalidOperation -Message "$($asked.requestId) is emergency access, and no policy has a say in it." `
                    -Remedy 'Try the policy on a request that asks the customer; EmergencyAccess of Set-CustomerLockboxPolicy says whether there is any.'
            }
        }
        elseif ($set -eq 'MadeUp') {
            $made = @{ serviceName = ConvertTo-LockboxName -Value $ServiceName -Name 'ServiceName' }
            if ($PSBoundParameters.ContainsKey('Duration')) { $made['durationSeconds'] = ConvertTo-LockboxSeconds -Value $Duration -Name 'Duration' }
            if ($PSBoundParameters.ContainsKey('AccessLevel')) { $made['accessLevel'] = ConvertTo-LockboxWord -Value $AccessLevel -Name 'AccessLevel' }
            if ($Reason) { $made['reason'] = $Reason }
            if ($ServiceRequestNumber) { $made['serviceRequestNumber'] = $ServiceRequestNumber }
            if ($Resource) { $made['resources'] = $Resource }
            if ($DataCategory) { $made['dataCategories'] = $DataCategory }
            if ($Operation) { $made['operations'] = $Operation }
            if ($Citizenship) { $made['citizenship'] = $Citizenship }
            if ($Location) { $made['location'] = $Location }
            $asked = Find-LockboxFault -Values $made
            if ($null -eq $asked) { $asked = [pscustomobject]$made }
        }
        $reply = $asked
        if (-not (Test-LockboxFault $asked)) {
            $params = @{} + $policy
            if ($null -ne $asked) {
                $params['request'] = @{}
                foreach ($name in 'serviceName', 'serviceRequestNumber', 'reason', 'durationSeconds', 'resources', 'dataCategories', 'accessLevel', 'operations', 'citizenship', 'location') {
                    if ($null -ne $asked.$name) { $params['request'][$name] = $asked.$name }
                }
            }
            if ($set -eq 'Request' -and -not $params.ContainsKey('at') -and $null -ne $asked.sentToCustomerDate) { $params['at'] = $asked.sentToCustomerDate }
            $reply = Invoke-LockboxRpc -Method 'policy.simulate' -Params $params
        }
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
        }
        elseif ($null -eq $asked) {
            ConvertTo-LockboxPolicySimulation -Reply $reply
        }
        else {
            ConvertTo-LockboxPolicyTrial -Reply $reply -RequestId $asked.requestId -ServiceName $asked.serviceName -At $params['at']
        }
    }
}
