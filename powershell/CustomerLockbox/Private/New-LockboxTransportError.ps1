function New-LockboxTransportError {
    # No answer of the daemon: it was not reached, or what answered is not the daemon. Each code has
    # its category and what to do; about_CustomerLockbox lists them.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][string]$Code,
        [Parameter(Mandatory = $true)][string]$Message
    )
    $kinds = @{
        connection           = @('ConnectionError', 'Check that the daemon runs and that the address is right (LOCKBOX_URL, or Connect-CustomerLockbox -Url).')
        connectionLost       = @('ConnectionError', 'Check the daemon''s log and the network, and run the command again.')
        proxy                = @('ConnectionError', 'Check -Proxy and -ProxyCredential of Connect-CustomerLockbox, or connect with -NoProxy.')
        timedOut             = @('OperationTimeout', 'Try again when the daemon is less busy, or allow more with -TimeoutSec of Connect-CustomerLockbox.')
        tlsUntrusted         = @('SecurityError', 'Check that this is your daemon; then name the file of the authority that signed its certificate: LOCKBOX_CA, or Connect-CustomerLockbox -CaFile.')
        tlsNameMismatch      = @('SecurityError', 'Use a name in -Url that the certificate holds, or have the daemon''s certificate issued for this name.')
        tlsExpired           = @('SecurityError', 'Renew the daemon''s certificate, and check the clock of this machine.')
        tlsClientCertificate = @('SecurityError', 'Name a certificate of an authority that the daemon trusts: -ClientCertificate of Connect-CustomerLockbox, or LOCKBOX_CLIENT_CERTIFICATE and LOCKBOX_CLIENT_KEY.')
        tlsFailed            = @('SecurityError', 'Check that the daemon speaks TLS at this port; http is for the loopback address only.')
        httpStatus           = @('ProtocolError', 'Check the address, and the gateway that stands before the daemon.')
        notDaemon            = @('ProtocolError', 'Check the address (LOCKBOX_URL, or Connect-CustomerLockbox -Url).')
    }
    $remedy = $kinds[$Code][1]
    if ($Code -eq 'connectionLost' -and $Connection.Endpoint.Scheme -eq 'https' -and $null -eq $Connection.Transport.Certificate) {
        # Its alert may come too late to be seen.
        $remedy = "$remedy If it asks for client certificates, name yours (-ClientCertificate)."
    }
    if ($Message.Length -gt 300) {
        $Message = $Message.Substring(0, 300)
    }
    New-LockboxError -Code $Code -Category $kinds[$Code][0] -Remedy $remedy -Terminating `
        -Message "No answer from the Customer Lockbox at $($Connection.Url): $Message."
}
