function Get-CustomerLockboxPolicy {
    <#
    .SYNOPSIS
        Reads your organization's policy: the one in force, an older version, its history, what waits
        for a second administrator, or what it says of one service.

    .DESCRIPTION
        Without parameters it writes the policy in force, with the settings beside it. Version is 0 and
        Document is $null where there is no policy.

        Every date is UTC: compare with [datetime]::UtcNow.

    .PARAMETER Version
        An older version. The settings beside it are those of now.

    .PARAMETER History
        All versions, newest first, without their documents.

    .PARAMETER Pending
        The change that waits for a second administrator; nothing where none does. It can be piped to
        Confirm-CustomerLockboxPolicy.

    .PARAMETER Effective
        What the policy says, as of now, of requests for a service: every line with the rule, or the
        setting, that it comes from.

    .PARAMETER ServiceName
        The service, with -Effective.

    .PARAMETER Resource
        What is to be reached in it, with -Effective.

    .OUTPUTS
        CustomerLockbox.Policy; CustomerLockbox.PolicyVersion with -History, CustomerLockbox.PolicyChange
        with -Pending, CustomerLockbox.EffectivePolicy with -Effective.

    .EXAMPLE
        Get-CustomerLockboxPolicy

        Shows the policy in force.

    .EXAMPLE
        (Get-CustomerLockboxPolicy).Document | ConvertTo-Json -Depth 20

        Writes its document as JSON, to keep in a file.

    .EXAMPLE
        Get-CustomerLockboxPolicy -History

        Lists who changed it, when and why.

    .EXAMPLE
        (Get-CustomerLockboxPolicy -Effective -ServiceName Exchange).Lines | Format-Table

        Shows how people are asked about requests for Exchange, and where each line comes from.
    #>
    [CmdletBinding(PositionalBinding = $false, DefaultParameterSetName = 'One',
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Policy', 'CustomerLockbox.PolicyVersion', 'CustomerLockbox.PolicyChange', 'CustomerLockbox.EffectivePolicy')]
    param(
        [Parameter(ParameterSetName = 'One')]
        [int]$Version,

        [Parameter(Mandatory = $true, ParameterSetName = 'History')]
        [switch]$History,

        [Parameter(Mandatory = $true, ParameterSetName = 'Pending')]
        [switch]$Pending,

        [Parameter(Mandatory = $true, ParameterSetName = 'Effective')]
        [switch]$Effective,

        [Parameter(Mandatory = $true, ParameterSetName = 'Effective')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$ServiceName,

        [Parameter(ParameterSetName = 'Effective')]
        [string[]]$Resource
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $method = 'policy.get'
        $params = @{}
        if ($PSBoundParameters.ContainsKey('Version')) { $params['version'] = $Version }
        if ($History) { $method = 'policy.history' }
        if ($Effective) {
            $method = 'policy.effective'
            $params['serviceName'] = ConvertTo-LockboxName -Value $ServiceName -Name 'ServiceName'
            if ($Resource) { $params['resources'] = $Resource }
        }
        do {
            $reply = Invoke-LockboxRpc -Method $method -Params $params
            if (Test-LockboxFault $reply) {
                $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $params['version']
                if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                return
            }
            if ($History) {
                foreach ($one in $reply.policies) { ConvertTo-LockboxPolicyVersion -Version $one }
            }
            elseif ($Pending) {
                if ($null -ne $reply.pendingChange) { ConvertTo-LockboxPolicyChange -Change $reply.pendingChange }
            }
            elseif ($Effective) {
                $judged = ConvertTo-LockboxJudgement -Judgement $reply.judgement
                [pscustomobject]@{
                    PSTypeName    = 'CustomerLockbox.EffectivePolicy'
                    ServiceName   = $params['serviceName']
                    Resource      = @($Resource | Where-Object -FilterScript { $_ })
                    PolicyVersion = [int]$reply.policyVersion
                    Rule          = $judged.Rule
                    Sentence      = $judged.Sentence
                    Applied       = $judged.Applied
                    Lines         = $judged.Lines
                }
            }
            else {
                ConvertTo-LockboxPolicy -Reply $reply
            }
            $next = $null
            if ($History) { $next = $reply.nextCursor }
            $params['cursor'] = $next
        } while ($null -ne $next)
    }
}
