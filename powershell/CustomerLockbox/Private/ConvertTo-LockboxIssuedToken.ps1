function ConvertTo-LockboxIssuedToken {
    # The token that a code was redeemed for: the only object that ever holds one.
    param([Parameter(Mandatory = $true)][object]$Issued)
    [pscustomobject]@{
        PSTypeName     = 'CustomerLockbox.IssuedToken'
        Token          = $Issued.token
        TokenId        = $Issued.tokenId
        ExpirationDate = ConvertFrom-LockboxInstant -Text $Issued.expirationDate
        Address        = $Issued.principal.address
        Organization   = $Issued.principal.organization
    }
}
