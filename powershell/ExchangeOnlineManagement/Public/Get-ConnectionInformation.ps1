function Get-ConnectionInformation {
    <#
    .SYNOPSIS
        Shows the connection that Connect-ExchangeOnline made.

    .DESCRIPTION
        Writes one object with the documented properties, or nothing where there is no connection. It
        asks the daemon, so that what it says of the token is true now. It never holds the token.

    .PARAMETER ConnectionId
        Shows the connection only if it has one of these ids.

    .PARAMETER ModulePrefix
        Shows the connection only if it was made with one of these prefixes.

    .OUTPUTS
        CustomerLockbox.ConnectionInformation

    .EXAMPLE
        if (-not (Get-ConnectionInformation)) { Connect-ExchangeOnline -ShowBanner:$false }

        Connects where there is no connection yet.
    #>
    [CmdletBinding(DefaultParameterSetName = 'Default', PositionalBinding = $false)]
    [OutputType('CustomerLockbox.ConnectionInformation')]
    param(
        [Parameter(Mandatory = $true, ParameterSetName = 'ConnectionId')]
        [string[]]$ConnectionId,

        [Parameter(Mandatory = $true, ParameterSetName = 'ModulePrefix')]
        [string[]]$ModulePrefix
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $state = $script:ShimState
        if ($null -eq $state.Connection -or
            ($PSCmdlet.ParameterSetName -eq 'ConnectionId' -and $ConnectionId -notcontains $state.Connection.ConnectionId) -or
            ($PSCmdlet.ParameterSetName -eq 'ModulePrefix' -and $ModulePrefix -notcontains $state.Prefix)) {
            return
        }
        $known = $state.Connection
        $status = 'Active'
        try {
            $now = & $state.Module { Get-CustomerLockboxConnection -ErrorAction Stop }
            if ($now.ConnectionId -ne $known.ConnectionId) {
                # Connect-CustomerLockbox or Disconnect-CustomerLockbox has replaced it meanwhile.
                return
            }
        }
        catch {
            if ($_.CategoryInfo.Category -ne 'AuthenticationError') { $PSCmdlet.ThrowTerminatingError($_) }
            $status = 'Expired'
        }
        $who = $known.UserPrincipalName
        if ("$who" -eq '') { $who = $known.DisplayName }
        [pscustomobject]@{
            PSTypeName                      = 'CustomerLockbox.ConnectionInformation'
            ConnectionId                    = $known.ConnectionId
            State                           = 'Connected'
            Id                              = $state.Count
            Name                            = "ExchangeOnline_$($state.Count)"
            UserPrincipalName               = $who
            ConnectionUri                   = $known.Url
            AzureAdAuthorizationEndpointUri = ''
            TokenExpiryTimeUTC              = $known.TokenExpirationDate
            CertificateAuthentication       = $false
            ModuleName                      = 'CustomerLockbox'
            ModulePrefix                    = $state.Prefix
            Organization                    = $known.Organization
            DelegatedOrganization           = ''
            AppId                           = ''
            PageSize                        = 1000
            TenantID                        = $known.OrganizationId
            TokenStatus                     = $status
            ConnectionUsedForInbuiltCmdlets = $true
            IsEopSession                    = $false
        }
    }
}
