function Connect-CustomerLockbox {
    <#
    .SYNOPSIS
        Connects this runspace to a Customer Lockbox daemon.

    .DESCRIPTION
        The connection belongs to the runspace in which it was made: a job, a thread job or a -Parallel
        block connects for itself, or takes LOCKBOX_URL and LOCKBOX_TOKEN from the environment. A
        connection made here wins over the environment. Warns when the token ends within 14 days.

        With -Code it redeems a claim code or an enrolment code first, and writes the new token, once.
        Keep it: nobody can show it again.

    .PARAMETER Url
        The daemon: http://127.0.0.1:8420, https://host:port, or unix:///path/to/socket (PowerShell 7.1 and
        later). LOCKBOX_URL, or else http://127.0.0.1:8420, if not given.

    .PARAMETER Token
        Your token, as text or as a secure string. LOCKBOX_TOKEN if not given.

    .PARAMETER Code
        A claim code or an enrolment code. It can be used once.

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
    #>
    [CmdletBinding(DefaultParameterSetName = 'Token', SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false)]
    [OutputType('CustomerLockbox.Connection', 'CustomerLockbox.IssuedToken')]
    param(
        [string]$Url,

        [Parameter(ParameterSetName = 'Token')]
        $Token,

        [Parameter(Mandatory = $true, ParameterSetName = 'Code')]
        [AllowEmptyString()]
        [string]$Code,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $given = @{}
        if ($PSCmdlet.ParameterSetName -eq 'Code') {
            $given['method'] = Get-LockboxCodeMethod -Code $Code
            $action = 'Redeem the code and connect'
        }
        else {
            $given['token'] = $env:LOCKBOX_TOKEN
            if ($PSBoundParameters.ContainsKey('Token')) { $given['token'] = ConvertTo-LockboxSecretText -Value $Token }
            $action = 'Connect'
        }
        if (-not $PSBoundParameters.ContainsKey('Url')) {
            $Url = $env:LOCKBOX_URL
            if ([string]::IsNullOrWhiteSpace($Url)) { $Url = 'http://127.0.0.1:8420' }
        }
        if ($PSCmdlet.ParameterSetName -ne 'Code' -and "$($given['token'])" -eq '' -and $Url -notlike 'unix:*') {
            $given['token'] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'There is no token.' `
                -Remedy 'Pass -Token, set LOCKBOX_TOKEN, or redeem a code with -Code.'
        }
        $fault = Find-LockboxFault -Values $given
        if ($null -eq $fault) {
            $connection = New-LockboxConnection -Url $Url -Token $given['token'] -Source Connect
            $fault = $connection
        }
        if (-not (Test-LockboxFault $fault)) {
            $go = Confirm-LockboxAction -Cmdlet $PSCmdlet -Action "$action at $Url"
            if (-not $go) {
                return
            }
            $fault = $go
        }
        if (Test-LockboxFault $fault) {
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $fault -Target $Url -Terminating))
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
                $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $issued -Target $Url -Terminating))
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
            $PSCmdlet.ThrowTerminatingError((Write-LockboxFailure -Cmdlet $PSCmdlet -Record $who -Target $Url -Terminating))
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
