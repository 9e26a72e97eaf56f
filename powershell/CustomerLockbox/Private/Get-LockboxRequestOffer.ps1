function Get-LockboxRequestOffer {
    # The requests that a command could be meant for. Customers get reference numbers; a provider's
    # caller gets the GUID, because a number alone is ambiguous there, unless the tenant is named.
    param(
        [Parameter(Mandatory = $true)][string]$CommandName,
        [AllowNull()][System.Collections.IDictionary]$Bound,
        [Parameter(Mandatory = $true)][datetime]$Deadline
    )
    $connection = Get-LockboxConnection
    if (Test-LockboxFault $connection) {
        return
    }
    if ($null -eq $connection.Principal) {
        $who = Invoke-LockboxRpc -Method 'session.whoami' -Connection $connection -Deadline $Deadline
        if (Test-LockboxFault $who) {
            return
        }
        $connection.Principal = $who
    }
    $provider = $connection.Principal.organization.kind -ne 'tenant'
    $verb = ($CommandName -replace '^.*\\', '').Split('-')[0]
    $states = @{
        Get     = @('Pending')
        Set     = @('Pending')
        Confirm = @('InternalReview')
        Stop    = @('InternalReview', 'Pending', 'Approved')
        Test    = @('Approved')
        Write   = @('Approved')
    }[$verb]
    if ($verb -eq 'Get' -and $provider) { $states = 'InternalReview', 'Pending' }
    # Cancel also ends an access that was approved.
    if ($verb -eq 'Set' -and $null -ne $Bound -and $Bound['ApprovalDecision'] -eq 'Cancel') { $states = 'Pending', 'Approved' }
    $params = @{ pageSize = 100 }
    $named = $null -ne $Bound -and $Bound['Tenant'] -is [string]
    if ($named) { $params['tenant'] = $Bound['Tenant'] }
    $queries = foreach ($state in $states) { @{ state = $state } }
    $method = 'request.list'
    $member = 'requests'
    if ($CommandName -like '*EmergencyAccess') {
        $queries = @{ open = $true }
        $method = 'emergency.list'
        $member = 'emergencies'
    }
    foreach ($query in $queries) {
        $page = Invoke-LockboxRpc -Method $method -Params ($params + $query) -Connection $connection -Deadline $Deadline
        if (Test-LockboxFault $page) {
            return
        }
        foreach ($request in $page.$member) {
            $text = $request.requestId
            $label = $text
            if ($provider -and -not $named) {
                $text = $request.identity
                $label = "$($request.requestId) $($request.tenant)"
            }
            New-LockboxOffer -Text $text -Label $label -Tip "$($request.reason) ($($request.serviceName), $($request.requestor), $($request.state))"
        }
    }
}
