function New-CustomerLockboxWebhook {
    <#
    .SYNOPSIS
        Creates a webhook: your organization's events are posted to it, signed.

    .DESCRIPTION
        Writes the secret that signs (by the scheme of Standard Webhooks). It is shown once: store it
        where the receiver finds it. It needs the role GlobalAdministrator. Addresses that are not public
        are refused, unless the daemon's operator allows them. An organization has at most 20 webhooks.
        With -WhatIf the daemon judges it and nothing is written.

    .PARAMETER Name
        A name for people.

    .PARAMETER Url
        Where events are posted: https://HOST/PATH.

    .PARAMETER Format
        How they are told: cloudEvents (CloudEvents 1.0), cloudEventsBinary (its event in the headers),
        slack, teams, or json.

    .PARAMETER Event
        Which events; every one where it is left out.

    .OUTPUTS
        CustomerLockbox.WebhookSecret

    .EXAMPLE
        $made = New-CustomerLockboxWebhook -Name SIEM -Url https://hooks.contoso.com/lockbox -Format cloudEvents -Event requestArrived, emergencyAccess

        Has two events posted; $made.Secret is the secret, shown once.

    .EXAMPLE
        New-CustomerLockboxWebhook -Name Duty -Url https://hooks.contoso.com/T000/B000 -Format slack -WhatIf

        Says whether a channel could be told of every event.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.WebhookSecret')]
    param(
        [Parameter(Mandatory = $true)]
        [string]$Name,

        [Parameter(Mandatory = $true)]
        [string]$Url,

        [Parameter(Mandatory = $true)]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Format,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string[]]$Event
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $params = Read-LockboxWebhookChange -Bound $PSBoundParameters
        $reply = Send-LockboxChange -Cmdlet $PSCmdlet -Method 'webhook.create' -Params $params -Action "Create webhook '$Name' at $Url"
        if ($null -ne $reply -and -not (Test-LockboxFault $reply)) {
            $reply = ConvertTo-LockboxWebhookSecret -Reply $reply
        }
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $Name
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        $reply
    }
}
