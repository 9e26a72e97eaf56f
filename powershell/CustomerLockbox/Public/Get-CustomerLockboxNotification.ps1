function Get-CustomerLockboxNotification {
    <#
    .SYNOPSIS
        Reads whom your organization's events were told, who could not be reached, or who would be told.

    .DESCRIPTION
        Without parameters it writes every notification to your organization, newest first: one for each
        event and receiver. It needs the role GlobalAdministrator or SecurityReader. A warning says where
        events are held, as after a restore; Resume-CustomerLockboxNotification -Held has them told.

        With -Preview it writes who would be told of an event, and why each, before it happens. An
        engineer of the provider names the tenant, and sees that somebody is told, but not who.

        Every date is UTC: compare with [datetime]::UtcNow.

    .PARAMETER RequestId
        Only notifications about this request, by reference number (such as EXSR123456) or GUID. Takes
        pipeline input by property name. A blank value is an error, and never means all.

    .PARAMETER State
        Only those in this state: waiting (it is tried, or tried again), delivered, undeliverable (it is
        not tried any more).

    .PARAMETER Preview
        Writes who would be told.

    .PARAMETER Event
        The event, with -Preview; requestArrived where it is left out.

    .PARAMETER ServiceName
        The service of the request that it would be about, with -Preview.

    .PARAMETER Resource
        What is to be reached in it, with -Preview.

    .PARAMETER Tenant
        The customer, by name or GUID, with -Preview, for the provider's engineers.

    .INPUTS
        Objects with a property RequestId or Identity.

    .OUTPUTS
        CustomerLockbox.Notification; CustomerLockbox.NotificationPreview with -Preview.

    .EXAMPLE
        Get-CustomerLockboxNotification -State undeliverable

        Lists what nobody got.

    .EXAMPLE
        Get-CustomerLockboxNotification -RequestId EXSR123456 | Format-Table Receiver, State, DeliveredDate, Result

        Shows who was told of a request, and who could not be.

    .EXAMPLE
        Get-CustomerLockboxNotification -Preview -ServiceName Exchange

        Shows who would be asked about a request for Exchange, and why each.
    #>
    [CmdletBinding(PositionalBinding = $false, DefaultParameterSetName = 'List',
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Notification', 'CustomerLockbox.NotificationPreview')]
    param(
        [Parameter(ValueFromPipelineByPropertyName = $true, ParameterSetName = 'List')]
        [Alias('Identity')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$RequestId,

        [Parameter(ParameterSetName = 'List')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$State,

        [Parameter(Mandatory = $true, ParameterSetName = 'Preview')]
        [switch]$Preview,

        [Parameter(ParameterSetName = 'Preview')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Event,

        [Parameter(ParameterSetName = 'Preview')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ServiceName,

        [Parameter(ParameterSetName = 'Preview')]
        [string[]]$Resource,

        [Parameter(ParameterSetName = 'Preview')]
        [string]$Tenant
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $bound = $PSBoundParameters
        $filter = @{}
        $method = 'notification.list'
        if ($bound.ContainsKey('State')) { $filter['state'] = ConvertTo-LockboxWord -Value $State -Name 'State' -Words (Get-LockboxWord -Name 'NotificationState') }
        if ($Preview) { $method = 'notification.preview' }
        if ($bound.ContainsKey('Event')) { $filter['event'] = ConvertTo-LockboxWord -Value $Event -Name 'Event' }
        if ($bound.ContainsKey('ServiceName')) { $filter['serviceName'] = ConvertTo-LockboxWord -Value $ServiceName -Name 'ServiceName' -Open }
        if ($bound.ContainsKey('Resource')) { $filter['resources'] = @($Resource) }
        if ($bound.ContainsKey('Tenant')) { $filter['tenant'] = ConvertTo-LockboxName -Value $Tenant -Name 'Tenant' }
        $fault = Find-LockboxFault -Values $filter
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $null -Terminating))
        }
    }

    process {
        $params = @{} + $filter
        if ($bound.ContainsKey('RequestId')) { $params['requestId'] = ConvertTo-LockboxRequestId -Value $RequestId }
        do {
            $page = Invoke-LockboxRpc -Method $method -Params $params
            if (Test-LockboxFault $page) {
                $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $page -Target $RequestId
                if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                return
            }
            if ($Preview) {
                ConvertTo-LockboxNotificationPreview -Reply $page
                if ($page.leftOut -gt 0) { Write-Warning -Message "$($page.leftOut) more would be told, but for the most that are told of one event." }
                return
            }
            if ($page.heldEvents -gt 0 -and -not $params.ContainsKey('cursor')) {
                Write-Warning -Message "$($page.heldEvents) events are held, and told to nobody: whether they were told before a restore is not known. Resume-CustomerLockboxNotification -Held has them told."
            }
            foreach ($one in $page.notifications) {
                ConvertTo-LockboxNotification -Notification $one
            }
            $params['cursor'] = $page.nextCursor
        } while ($null -ne $page.nextCursor)
    }
}
