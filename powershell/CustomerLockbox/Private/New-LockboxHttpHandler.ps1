function New-LockboxHttpHandler {
    # How a connection reaches its daemon. Never a redirect and no cookies, because the token must
    # reach nobody else; no proxy for the loopback address unless one was named. An own CA file takes
    # the place of the authorities that the machine trusts, for this connection alone.
    param([Parameter(Mandatory = $true)][hashtable]$Connection)
    $way = $Connection.Transport
    if ($PSVersionTable.PSEdition -eq 'Core') {
        $handler = [System.Net.Http.SocketsHttpHandler]::new()
        if ($null -ne $way.Authorities) {
            $policy = [System.Security.Cryptography.X509Certificates.X509ChainPolicy]::new()
            $policy.TrustMode = 'CustomRootTrust'
            $policy.RevocationMode = 'NoCheck'
            $policy.CustomTrustStore.AddRange($way.Authorities)
            $policy.ExtraStore.AddRange($way.Authorities)
            $handler.SslOptions.CertificateChainPolicy = $policy
        }
        if ($null -ne $way.Certificate) {
            $handler.SslOptions.ClientCertificates = [System.Security.Cryptography.X509Certificates.X509CertificateCollection]::new()
            $null = $handler.SslOptions.ClientCertificates.Add($way.Certificate)
        }
    }
    else {
        Add-Type -AssemblyName 'System.Net.Http'
        $handler = [System.Net.Http.HttpClientHandler]::new()
        # .NET Framework may still offer old protocols first; this sets it for our client alone.
        if ($null -ne $handler.PSObject.Properties['SslProtocols']) {
            $handler.SslProtocols = [System.Security.Authentication.SslProtocols]::Tls12
        }
        if ($null -ne $way.Certificate) {
            $null = $handler.ClientCertificates.Add($way.Certificate)
        }
    }
    $handler.AllowAutoRedirect = $false
    $handler.UseCookies = $false
    if ($null -ne $way.Proxy) {
        $handler.Proxy = [System.Net.WebProxy]::new($way.Proxy)
        if ($null -ne $way.ProxyCredential) {
            $handler.Proxy.Credentials = $way.ProxyCredential.GetNetworkCredential()
        }
    }
    elseif ($way.NoProxy -or $null -ne $Connection.Socket -or $Connection.Endpoint.IsLoopback) {
        $handler.UseProxy = $false
    }
    $handler
}
