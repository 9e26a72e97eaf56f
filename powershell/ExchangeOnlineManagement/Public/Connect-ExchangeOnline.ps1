function Connect-ExchangeOnline {
    <#
    .SYNOPSIS
        Connects to a Customer Lockbox daemon, with the parameters of the command that scripts know.

    .DESCRIPTION
        Takes the daemon's address from LOCKBOX_URL and your token from LOCKBOX_TOKEN, whatever the
        parameters say: what a script holds for signing in to Microsoft (tokens, passwords,
        certificates) is accepted, not used, and sent nowhere. -Verbose names each parameter that
        changes nothing.

        -Organization and -DelegatedOrganization are compared with the organization that the token
        belongs to; a difference is a warning.

    .PARAMETER ConnectionUri
        Changes nothing: LOCKBOX_URL is the address.

    .PARAMETER AzureADAuthorizationEndpointUri
        Changes nothing.

    .PARAMETER ExchangeEnvironmentName
        Changes nothing.

    .PARAMETER PSSessionOption
        Changes nothing: there is no remote session.

    .PARAMETER DelegatedOrganization
        The organization that you expect: as -Organization.

    .PARAMETER Prefix
        Offers the commands under names with this prefix as well, as in Search-CloudUnifiedAuditLog for
        Cloud.

    .PARAMETER CommandName
        Changes nothing: all commands of the lockbox are there.

    .PARAMETER FormatTypeName
        Changes nothing.

    .PARAMETER AccessToken
        Changes nothing: LOCKBOX_TOKEN is the token.

    .PARAMETER AppId
        Changes nothing.

    .PARAMETER BypassMailboxAnchoring
        Changes nothing.

    .PARAMETER Certificate
        Changes nothing.

    .PARAMETER CertificateFilePath
        Changes nothing.

    .PARAMETER CertificatePassword
        Changes nothing.

    .PARAMETER CertificateThumbprint
        Changes nothing.

    .PARAMETER Credential
        Changes nothing: a password for Microsoft is not sent anywhere.

    .PARAMETER Device
        Changes nothing.

    .PARAMETER DisableWAM
        Changes nothing.

    .PARAMETER EnableErrorReporting
        Changes nothing.

    .PARAMETER EXOModuleBasePath
        Changes nothing: no module is downloaded.

    .PARAMETER InlineCredential
        Changes nothing.

    .PARAMETER LoadCmdletHelp
        Changes nothing: help is always there.

    .PARAMETER LogDirectoryPath
        Changes nothing.

    .PARAMETER LogLevel
        Changes nothing.

    .PARAMETER ManagedIdentity
        Changes nothing.

    .PARAMETER ManagedIdentityAccountId
        Changes nothing.

    .PARAMETER Organization
        The organization that you expect, by name or GUID. The token decides; a difference is a warning.

    .PARAMETER PageSize
        Changes nothing.

    .PARAMETER ShowBanner
        Writes a line that says where and as whom it has connected; -ShowBanner:$false leaves it out.

    .PARAMETER ShowProgress
        Changes nothing.

    .PARAMETER SigningCertificate
        Changes nothing.

    .PARAMETER SkipLoadingCmdletHelp
        Changes nothing.

    .PARAMETER SkipLoadingFormatData
        Changes nothing.

    .PARAMETER TrackPerformance
        Changes nothing.

    .PARAMETER UseMultithreading
        Changes nothing.

    .PARAMETER UserPrincipalName
        Changes nothing: the token says who you are.

    .PARAMETER UseRPSSession
        Changes nothing.

    .OUTPUTS
        None.

    .EXAMPLE
        Connect-ExchangeOnline -ShowBanner:$false

        Connects with LOCKBOX_URL and LOCKBOX_TOKEN.

    .EXAMPLE
        Connect-ExchangeOnline -Prefix Cloud -Verbose

        Connects, offers Search-CloudUnifiedAuditLog and the others, and says which parameters change
        nothing.
    #>
    [CmdletBinding(PositionalBinding = $false)]
    [OutputType([System.Void])]
    param(
        [Parameter(Position = 0)]
        [string]$ConnectionUri,

        [Parameter(Position = 1)]
        [string]$AzureADAuthorizationEndpointUri,

        [Parameter(Position = 2)]
        [string]$ExchangeEnvironmentName,

        [Parameter(Position = 3)]
        [System.Management.Automation.Remoting.PSSessionOption]$PSSessionOption,

        [Parameter(Position = 4)]
        [string]$DelegatedOrganization,

        [Parameter(Position = 5)]
        [string]$Prefix,

        [Parameter(Position = 6)]
        [string[]]$CommandName,

        [Parameter(Position = 7)]
        [string[]]$FormatTypeName,

        [string]$AccessToken,

        [string]$AppId,

        [switch]$BypassMailboxAnchoring,

        [System.Security.Cryptography.X509Certificates.X509Certificate2]$Certificate,

        [string]$CertificateFilePath,

        [System.Security.SecureString]$CertificatePassword,

        [string]$CertificateThumbprint,

        [System.Management.Automation.PSCredential]$Credential,

        [switch]$Device,

        [switch]$DisableWAM,

        [switch]$EnableErrorReporting,

        [string]$EXOModuleBasePath,

        [switch]$InlineCredential,

        [switch]$LoadCmdletHelp,

        [string]$LogDirectoryPath,

        [string]$LogLevel,

        [switch]$ManagedIdentity,

        [string]$ManagedIdentityAccountId,

        [string]$Organization,

        [uint32]$PageSize,

        [switch]$ShowBanner = $true,

        [bool]$ShowProgress,

        [System.Security.Cryptography.X509Certificates.X509Certificate2]$SigningCertificate,

        [switch]$SkipLoadingCmdletHelp,

        [switch]$SkipLoadingFormatData,

        [bool]$TrackPerformance,

        [bool]$UseMultithreading,

        [string]$UserPrincipalName,

        [switch]$UseRPSSession
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $means = 'Prefix', 'Organization', 'DelegatedOrganization', 'ShowBanner', 'Verbose', 'Debug', 'ErrorAction', 'WarningAction',
        'InformationAction', 'ProgressAction', 'ErrorVariable', 'WarningVariable', 'InformationVariable', 'OutVariable', 'OutBuffer', 'PipelineVariable'
        foreach ($name in $PSBoundParameters.Keys | Where-Object -FilterScript { $means -notcontains $_ } | Sort-Object) {
            Write-Verbose -Message "-$name changes nothing for a Customer Lockbox; LOCKBOX_URL and LOCKBOX_TOKEN say where and as whom to connect."
        }
        try {
            $info = & $script:ShimState.Module { param($Verbose) Connect-CustomerLockbox -PassThru -ErrorAction Stop -Verbose:$Verbose -WhatIf:$false -Confirm:$false } ($VerbosePreference -eq 'Continue')
        }
        catch {
            # One error of this command, with the cause and the remedy of the one inside.
            $PSCmdlet.ThrowTerminatingError($_)
        }
        foreach ($name in 'Organization', 'DelegatedOrganization') {
            $expected = $PSBoundParameters[$name]
            if ("$expected" -ne '' -and @($info.Organization, "$($info.OrganizationId)") -notcontains $expected) {
                Write-Warning -Message "-$name says $expected, but the token of LOCKBOX_TOKEN belongs to $($info.Organization), and that is where the commands go."
            }
        }
        if ($Prefix -ne '') {
            # The module is loaded already, so this only adds names to it.
            Import-Module -Name CustomerLockbox -Prefix $Prefix -Scope Global -DisableNameChecking -WarningAction SilentlyContinue -Verbose:$false
        }
        $script:ShimState.Connection = $info
        $script:ShimState.Prefix = $Prefix
        $script:ShimState.Count++
        if ($ShowBanner) {
            $who = $info.UserPrincipalName
            if ("$who" -eq '') { $who = $info.DisplayName }
            Write-Host -Object "Connected to the Customer Lockbox at $($info.Url) as $who of $($info.Organization). This is not Exchange Online: only the commands of the lockbox are here."
        }
    }
}
