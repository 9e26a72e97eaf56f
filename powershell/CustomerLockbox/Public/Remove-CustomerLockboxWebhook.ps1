function Remove-CustomerLockboxWebhook {
    <#
    .SYNOPSIS
        Removes a webhook; what waits for it is not sent any more.

    .DESCRIPTION
        It needs the role GlobalAdministrator. Writes nothing. With -WhatIf the daemon judges it and
        nothing is removed.

    .PARAMETER WebhookId
        The webhook. Takes pipeline input by property name.

    .INPUTS
        Objects with a property WebhookId.

    .OUTPUTS
        None.

    .EXAMPLE
        Get-CustomerLockboxWebhook -Name SIEM | Remove-CustomerLockboxWebhook

        Removes a webhook by its name.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$WebhookId
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    process {
        $id = ConvertTo-LockboxId -Value $WebhookId -Name 'WebhookId'
        $reply = Send-LockboxChange -Cmdlet $PSCmdlet -Method 'webhook.remove' -Params @{ webhookId = $id } -Action "Remove webhook $id"
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $WebhookId
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
        }
    }
}
