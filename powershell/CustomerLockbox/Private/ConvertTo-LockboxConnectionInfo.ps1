function ConvertTo-LockboxConnectionInfo {
    # A connection as users see it. It never holds the token.
    param([Parameter(Mandatory = $true)][hashtable]$Connection)
    $who = $Connection.Principal
    $expires = $null
    if ($null -ne $who.token) {
        $expires = ConvertFrom-LockboxInstant -Text $who.token.expirationDate
    }
    [pscustomobject]@{
        PSTypeName          = 'CustomerLockbox.Connection'
        ConnectionId        = $Connection.Id
        State               = 'Connected'
        Source              = $Connection.Source
        Url                 = $Connection.Url
        UserPrincipalName   = $who.principal.address
        DisplayName         = $who.principal.displayName
        Organization        = $who.organization.name
        OrganizationId      = $who.organization.organizationId
        OrganizationKind    = $who.organization.kind
        Roles               = @($who.roles | ForEach-Object -Process { $_.role } | Sort-Object -Unique)
        TokenExpirationDate = $expires
        ConnectedDate       = $Connection.Connected
    }
}
