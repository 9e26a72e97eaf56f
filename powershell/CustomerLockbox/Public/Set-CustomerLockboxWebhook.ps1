function Set-CustomerLockboxWebhook {
    <#
    .SYNOPSIS
        Changes a webhook, pauses it, has it told again, or gives it a new secret.

    .DESCRIPTION
        What is not named stays. A webhook that failed for long is paused by the daemon; with
        -Paused $false it is told again, and first of all what happened meanwhile. With -Rotate it gets
        a new secret, which is written and shown once; the old one signs too for some hours, so that
        the receiver can change over. It needs the role GlobalAdministrator. Otherwise it writes
        nothing unless -PassThru is given. With -WhatIf the daemon judges it and nothing is written.

    .PARAMETER WebhookId
        The webhook. Takes pipeline input by property name.

    .PARAMETER Name
        A name for people.

    .PARAMETER Url
        Where events are posted: https://HOST/PATH.

    .PARAMETER Format
        How they are told: cloudEvents, cloudEventsBinary, slack, teams, or json.

    .PARAMETER Event
        Which events; @() means every one.

    .PARAMETER Paused
        Whether nothing is sent to it.

    .PARAMETER Rotate
        Gives it a new secret.

    .PARAMETER OverlapHours
        Hours for which the old secret signs too, with -Rotate: 24 where it is left out, 0 ends it at
        once, at most 168.

    .PARAMETER PassThru
        Writes the webhook as it is then.

    .INPUTS
        Objects with a property WebhookId.

    .OUTPUTS
        None, CustomerLockbox.Webhook with -PassThru, CustomerLockbox.WebhookSecret with -Rotate.

    .EXAMPLE
        Get-CustomerLockboxWebhook -Name SIEM | Set-CustomerLockboxWebhook -Paused $false

        Has a webhook told again whose receiver was mended.

    .EXAMPLE
        Get-CustomerLockboxWebhook -Name SIEM | Set-CustomerLockboxWebhook -Rotate -OverlapHours 48

        Writes a new secret; both sign for two days.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false, DefaultParameterSetName = 'Change',
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Webhook', 'CustomerLockbox.WebhookSecret')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$WebhookId,

        [Parameter(ParameterSetName = 'Change')]
        [string]$Name,

        [Parameter(ParameterSetName = 'Change')]
        [string]$Url,

        [Parameter(ParameterSetName = 'Change')]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Format,

        [Parameter(ParameterSetName = 'Change')]
        [AllowEmptyCollection()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string[]]$Event,

        [Parameter(ParameterSetName = 'Change')]
        [bool]$Paused,

        [Parameter(Mandatory = $true, ParameterSetName = 'Rotate')]
        [switch]$Rotate,

        [Parameter(ParameterSetName = 'Rotate')]
        [int]$OverlapHours,

        [Parameter(ParameterSetName = 'Change')]
        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
        $method = 'webhook.update'
        $action = 'Change webhook'
        $change = Read-LockboxWebhookChange -Bound $PSBoundParameters
        if ($Rotate) {
            $method = 'webhook.rotate'
            $action = 'Give a new secret to webhook'
            if ($PSBoundParameters.ContainsKey('OverlapHours')) { $change['overlapHours'] = $OverlapHours }
        }
    }

    process {
        $id = ConvertTo-LockboxId -Value $WebhookId -Name 'WebhookId'
        $reply = Send-LockboxChange -Cmdlet $PSCmdlet -Method $method -Params ($change + @{ webhookId = $id }) -Action "$action $id"
        if ($Rotate -and $null -ne $reply -and -not (Test-LockboxFault $reply)) {
            $reply = ConvertTo-LockboxWebhookSecret -Reply $reply
        }
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $WebhookId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($Rotate) {
            $reply
        }
        elseif ($PassThru -and $null -ne $reply) {
            ConvertTo-LockboxWebhook -Webhook $reply.webhook
        }
    }
}
