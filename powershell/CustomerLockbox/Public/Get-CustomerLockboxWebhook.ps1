function Get-CustomerLockboxWebhook {
    <#
    .SYNOPSIS
        Reads your organization's webhooks: the machines that its events are posted to.

    .DESCRIPTION
        Never their secrets. It needs the role GlobalAdministrator or SecurityReader; a reader sees of an
        address only the host, because who has the whole can often post to it.

        Every date is UTC: compare with [datetime]::UtcNow.

    .PARAMETER Name
        Only those of this name; wildcards work.

    .OUTPUTS
        CustomerLockbox.Webhook

    .EXAMPLE
        Get-CustomerLockboxWebhook | Where-Object { $_.Paused }

        Lists webhooks that are told nothing, with the reason.

    .EXAMPLE
        Get-CustomerLockboxWebhook -Name SIEM* | Remove-CustomerLockboxWebhook -WhatIf

        Says which webhooks would be removed.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Webhook')]
    param(
        [string]$Name
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $wanted = '*'
        $reply = $null
        if ($PSBoundParameters.ContainsKey('Name')) { $wanted = ConvertTo-LockboxName -Value $Name -Name 'Name' }
        if (Test-LockboxFault $wanted) { $reply = $wanted }
        else { $reply = Invoke-LockboxRpc -Method 'webhook.list' }
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $null
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        foreach ($webhook in $reply.webhooks) {
            if ($webhook.name -like $wanted) { ConvertTo-LockboxWebhook -Webhook $webhook }
        }
    }
}
