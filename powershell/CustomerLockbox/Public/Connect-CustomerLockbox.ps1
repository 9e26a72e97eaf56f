function Connect-CustomerLockbox {
    <#
    .SYNOPSIS
        Connects this runspace to a Customer Lockbox daemon.

    .DESCRIPTION
        The connection belongs to the runspace in which it was made: a job, a thread job or a -Parallel
        block connects for itself, or takes LOCKBOX_URL and LOCKBOX_TOKEN from the environment, and with
        them LOCKBOX_CA, LOCKBOX_CLIENT_CERTIFICATE and LOCKBOX_CLIENT_KEY. A connection made here wins over the environment. Warns when the token ends within 14 days.

        The token comes from one of -Token, -Credential, -SecretName or LOCKBOX_TOKEN. With -Code it
        redeems a claim code or an enrolment code first, and writes the new token, once. Keep it: nobody
        can show it again.

        What a failure to connect means and what to do about each is listed in
        about_CustomerLockbox.

    .PARAMETER Url
        The daemon: https://host:port, http://127.0.0.1:8420 (http is for the loopback address only), or
        unix:///path/to/socket (PowerShell 7.1 and later). LOCKBOX_URL, or else http://127.0.0.1:8420,
        if not given.

    .PARAMETER Token
        Your token, as text or as a secure string. LOCKBOX_TOKEN if not given.

    .PARAMETER Credential
        A credential whose password is your token; its user name is not used.

    .PARAMETER SecretName
        The name of the secret that holds your token, read with Get-Secret of the module
        Microsoft.PowerShell.SecretManagement, which must be installed.

    .PARAMETER Vault
        The vault in which the secret is; every registered vault, if not given.

    .PARAMETER Code
        A claim code or an enrolment code. It can be used once.

    .PARAMETER TimeoutSec
        How long one call may take, in seconds: 1 to 86400, 300 if not given.

    .PARAMETER Proxy
        The HTTP proxy to go through, as http://host:port. If not given, an https address is reached as
        the system says (HTTPS_PROXY and NO_PROXY, or the settings of Windows), the loopback address
        directly.

    .PARAMETER ProxyCredential
        Name and password for that proxy.

    .PARAMETER NoProxy
        Uses no proxy, whatever the system says.

    .PARAMETER CaFile
        A file with the certificates of the authorities to trust instead of those of this machine, as PEM
        or DER. LOCKBOX_CA if not given. Needs PowerShell 7.3; in Windows PowerShell import the authority
        into the certificate store of your user.

    .PARAMETER ClientCertificate
        Your client certificate, where the daemon asks for one: a certificate with its private key (from
        Cert: or Get-PfxCertificate), or the path of a PFX or PEM file. LOCKBOX_CLIENT_CERTIFICATE if not
        given.

    .PARAMETER ClientKey
        The PEM file of its private key, if that is in another file. LOCKBOX_CLIENT_KEY if neither this
        nor -ClientCertificate is given.

    .PARAMETER ClientKeyPassword
        The password of that file, as a secure string.

    .PARAMETER PassThru
        Writes the connection.

    .OUTPUTS
        None; CustomerLockbox.Connection with -PassThru; CustomerLockbox.IssuedToken with -Code.

    .EXAMPLE
        Connect-CustomerLockbox -Url $url -Token $token

        Connects with a token.

    .EXAMPLE
        Connect-CustomerLockbox -Url $url -Code $code

        Redeems a code and shows the new token.

    .EXAMPLE
        Connect-CustomerLockbox -PassThru

        Connects with LOCKBOX_URL and LOCKBOX_TOKEN, and shows as whom.

    .EXAMPLE
        Connect-CustomerLockbox -Url $url -Credential $credential

        Connects with the token that is the password of a credential, for example one of an automation
        account, or of Get-Credential.

    .EXAMPLE
        Connect-CustomerLockbox -Url $url -SecretName lockbox-token -Vault CompanyVault

        Connects with a token out of a vault.

    .EXAMPLE
        Connect-CustomerLockbox -Url https://lockbox.contoso.com:8443 -Token $token -CaFile ./company-ca.pem -TimeoutSec 30

        Connects through TLS to a daemon whose certificate a company's own authority has signed.

    .EXAMPLE
        Connect-CustomerLockbox -Url https://lockbox.contoso.com:8443 -Token $token -CaFile ./company-ca.pem -Proxy http://proxy.contoso.com:3128 -ProxyCredential $proxyCredential

        Connects through a proxy.
    #>
    [CmdletBinding(DefaultParameterSetName = 'Token', SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Connection', 'CustomerLockbox.IssuedToken')]
    param(
        [string]$Url,

        [Parameter(ParameterSetName = 'Token')]
        $Token,

        [Parameter(Mandatory = $true, ParameterSetName = 'Credential')]
        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $Credential,

        [Parameter(Mandatory = $true, ParameterSetName = 'Secret')]
        [AllowEmptyString()]
        [string]$SecretName,

        [Parameter(ParameterSetName = 'Secret')]
        [string]$Vault,

        [Parameter(Mandatory = $true, ParameterSetName = 'Code')]
        [AllowEmptyString()]
        [string]$Code,

        [ValidateRange(1, 86400)]
        [int]$TimeoutSec,

        [string]$Proxy,

        [System.Management.Automation.PSCredential]
        [System.Management.Automation.Credential()]
        $ProxyCredential,

        [switch]$NoProxy,

        [string]$CaFile,

        $ClientCertificate,

        [string]$ClientKey,

        [System.Security.SecureString]$ClientKeyPassword,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $given = @{}
        $target = $null
        if ($PSCmdlet.ParameterSetName -eq 'Code') {
            $given['method'] = Get-LockboxCodeMethod -Code $Code
            $action = 'Redeem the code and connect'
        }
        else {
            $action = 'Connect'
            $given['token'] = $env:LOCKBOX_TOKEN
            if ($PSBoundParameters.ContainsKey('Token')) { $given['token'] = ConvertTo-LockboxSecretText -Value $Token }
            if ($PSCmdlet.ParameterSetName -eq 'Credential') { $given['token'] = ConvertTo-LockboxSecretText -Value $Credential }
            if ($PSCmdlet.ParameterSetName -eq 'Secret') { $given['token'] = Get-LockboxSecret -Name $SecretName -Vault $Vault }
        }
        if (-not $PSBoundParameters.ContainsKey('Url')) {
            $Url = $env:LOCKBOX_URL
            if ([string]::IsNullOrWhiteSpace($Url)) { $Url = 'http://127.0.0.1:8420' }
        }
        if ($PSCmdlet.ParameterSetName -ne 'Code' -and "$($given['token'])" -eq '' -and $Url -notlike 'unix:*') {
            $given['token'] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'There is no token.' `
                -Remedy 'Pass -Token, -Credential or -SecretName, set LOCKBOX_TOKEN, or redeem a code with -Code.'
        }
        $fault = Find-LockboxFault -Values $given
        if ($null -eq $fault) {
            $connection = New-LockboxConnection -Url $Url -Token $given['token'] -Source Connect -Transport $PSBoundParameters
            $fault = $connection
            # Until it has been checked, the address may hold anything, a password too.
            if (-not (Test-LockboxFault $connection)) { $target = $connection.Url }
        }
        if (-not (Test-LockboxFault $fault)) {
            $go = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "$action at $target"
            if (-not $go) {
                return
            }
            $fault = $go
        }
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $target -Terminating))
        }
        if ($PSCmdlet.ParameterSetName -eq 'Code') {
            $issued = Invoke-LockboxRpc -Method $given['method'] -Connection $connection -Params @{
                code           = $Code.Trim()
                idempotencyKey = [guid]::NewGuid().ToString()
            }
            if (-not (Test-LockboxFault $issued) -and [string]::IsNullOrEmpty($issued.token)) {
                $issued = New-LockboxError -Code 'secretAlreadyShown' -Category InvalidOperation -Terminating -Message 'The token of this code has been shown before.' `
                    -Remedy 'Ask an administrator of your organization for a new code.'
            }
            if (Test-LockboxFault $issued) {
                $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $issued -Target $target -Terminating))
            }
            # Written first: the code is spent, and the token must not be lost with the connection.
            ConvertTo-LockboxIssuedToken -Issued $issued
            $connection.Token = $issued.token
        }
        $who = Invoke-LockboxRpc -Method 'session.whoami' -Connection $connection
        if (Test-LockboxFault $who) {
            Close-LockboxConnection -Connection $connection
        }
        if (Test-LockboxFault $who) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $who -Target $target -Terminating))
        }
        $connection.Principal = $who
        Close-LockboxConnection -Connection $script:LockboxState.Connection
        $script:LockboxState.Connection = $connection
        Show-LockboxNameClash -Cmdlet $PSCmdlet
        foreach ($warning in $who.warnings) {
            Write-Warning -Message $warning
        }
        if ($PassThru) {
            ConvertTo-LockboxConnectionInfo -Connection $connection
        }
    }
}
