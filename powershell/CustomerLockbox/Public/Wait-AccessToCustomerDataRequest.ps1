function Wait-AccessToCustomerDataRequest {
    <#
    .SYNOPSIS
        Waits until requests for access to customer data are decided.

    .DESCRIPTION
        Writes each request as soon as nobody can decide it any more: approved, denied, canceled,
        rejected, expired or withdrawn. One that is decided already is written at once. It listens to the
        daemon's events, so nothing is asked for again and again, and it ends within a second of the
        decision. Where the connection breaks it connects again.

        With -Timeout it ends with an error of the category OperationTimeout where a request is still
        undecided then.

    .PARAMETER RequestId
        The request with this reference number (such as EXSR123456) or GUID. Takes pipeline input by
        property name; several are waited for at once.

    .PARAMETER Timeout
        For how long to wait: 02:00 for two hours, or a TimeSpan. Without it there is no end.

    .PARAMETER Tenant
        The customer, by name or GUID, for the provider's callers; they need it with a reference number.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        CustomerLockbox.Request

    .EXAMPLE
        Wait-AccessToCustomerDataRequest -RequestId EXSR123456 -Timeout 12:00

        Waits for the decision, for half a day at most.

    .EXAMPLE
        Get-AccessToCustomerDataRequest -ApprovalStatus Pending | Wait-AccessToCustomerDataRequest | Where-Object { $_.ApprovalStatus -eq 'Approved' }

        Writes each request that waits now, once it is approved.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Request')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [object]$Timeout,

        [string]$Tenant
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $ids = [System.Collections.Generic.List[string]]::new()
        $place = @{}
        $deadline = $null
        $query = 'events=requestRejected,requestDecided,requestExpired,requestWithdrawn,accessGranted,emergencyAccess'
        if ($PSBoundParameters.ContainsKey('Tenant')) { $place['tenant'] = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant' }
        $fault = Find-LockboxFault -Values $place
        if ($null -eq $fault -and $PSBoundParameters.ContainsKey('Timeout')) {
            $seconds = ConvertTo-LockboxSeconds -Value $Timeout -Name 'Timeout'
            if (Test-LockboxFault $seconds) { $fault = $seconds } else { $deadline = [datetime]::UtcNow.AddSeconds($seconds) }
        }
        if ($null -eq $fault) {
            $connection = Get-LockboxConnection
            if (Test-LockboxFault $connection) { $fault = $connection }
        }
        if ($null -ne $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $null -Terminating))
        }
        if ($place.Count -gt 0) { $query = "$query&tenant=$([uri]::EscapeDataString($place['tenant']))" }
    }

    process {
        $id = ConvertTo-LockboxRequestId -Value $RequestId
        if (Test-LockboxFault $id) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $id -Target $RequestId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if (-not $ids.Contains($id)) { $ids.Add($id) }
    }

    end {
        # The identity of each that waits, once it is known.
        $waiting = @{}
        foreach ($id in $ids) { $waiting[$id] = $null }
        $stream = $null
        $last = ''
        $known = $false
        try {
            while ($waiting.Count -gt 0) {
                $fault = $null
                $ended = $false
                $look = @()
                if ($null -eq $stream) {
                    # First the events, then the requests: nothing is decided between the two.
                    $opened = Open-LockboxStream -Connection $connection -Query $query -LastEventId $last
                    if (Test-LockboxFault $opened) { $fault = $opened } else { $stream = $opened; $look = @($ids | Where-Object -FilterScript { $waiting.ContainsKey($_) }) }
                }
                else {
                    # The daemon says something every 15 s; who says nothing for longer has gone.
                    $limit = [timespan]::FromSeconds(45)
                    if ($null -ne $deadline -and $deadline - [datetime]::UtcNow -lt $limit) { $limit = $deadline - [datetime]::UtcNow }
                    $data = Read-LockboxStream -Stream $stream -Limit $limit
                    $last = $stream.Id
                    if ($null -eq $data -or $data -eq '') {
                        Close-LockboxStream -Stream $stream
                        $stream = $null
                        $ended = $true
                    }
                    else {
                        $look = @($ids | Where-Object -FilterScript { $waiting.ContainsKey($_) -and $null -ne $waiting[$_] -and $data.Contains($waiting[$_]) })
                    }
                }
                foreach ($id in $look) {
                    $reply = Invoke-LockboxRpc -Method 'request.get' -Params ($place + @{ requestId = $id }) -Connection $connection -Deadline $deadline
                    if (-not (Test-LockboxFault $reply)) {
                        $known = $true
                        $waiting[$id] = $reply.request.identity
                        if (@('InternalReview', 'Pending') -notcontains $reply.request.state) {
                            $waiting.Remove($id)
                            ConvertTo-LockboxRequest -Request $reply.request
                        }
                        continue
                    }
                    if ($reply.Exception.Data['code'] -ne 'notFound') {
                        $fault = $reply
                        break
                    }
                    $waiting.Remove($id)
                    $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $id
                    if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                }
                if ($null -ne $deadline -and $waiting.Count -gt 0 -and [datetime]::UtcNow -ge $deadline) {
                    $left = @($ids | Where-Object -FilterScript { $waiting.ContainsKey($_) })
                    $fault = New-LockboxError -Code 'undecided' -Category OperationTimeout -Terminating `
                        -Message "Nobody has decided $($left -join ', ') in the time that -Timeout gives." `
                        -Remedy 'Wait again, or for longer; nothing was changed.'
                    $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target ($left -join ', ') -Terminating))
                }
                if ($null -ne $fault) {
                    # What has worked before may work again; anything else would not.
                    $code = [string]$fault.Exception.Data['code']
                    if ($code -eq 'invalidParams' -and $last -ne '') { $last = '' }
                    elseif (-not $known -or @('connection', 'connectionLost', 'timedOut', 'busy', 'unavailable', 'httpStatus', 'internal') -notcontains $code) {
                        $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $null -Terminating))
                    }
                    $ended = $true
                    Write-Verbose -Message "Events at $($connection.Url): $code, again in 1 s."
                    if ($null -ne $stream) {
                        Close-LockboxStream -Stream $stream
                        $stream = $null
                    }
                }
                if ($ended -and $waiting.Count -gt 0) { Start-Sleep -Seconds 1 }
            }
        }
        finally {
            if ($null -ne $stream) { Close-LockboxStream -Stream $stream }
        }
    }
}
