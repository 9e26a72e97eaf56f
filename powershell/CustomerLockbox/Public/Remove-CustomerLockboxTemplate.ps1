function Remove-CustomerLockboxTemplate {
    <#
    .SYNOPSIS
        Removes a text of your own; mails have the shipped one again.

    .DESCRIPTION
        It needs the role GlobalAdministrator. Writes nothing. With -WhatIf the daemon judges it and
        nothing is removed.

    .PARAMETER Event
        Of which event's mails. Takes pipeline input by property name.

    .PARAMETER Language
        In which language. Takes pipeline input by property name.

    .INPUTS
        Objects with properties Event and Language.

    .OUTPUTS
        None.

    .EXAMPLE
        Remove-CustomerLockboxTemplate -Event requestArrived -Language en

        Has the shipped text sent again.

    .EXAMPLE
        Get-CustomerLockboxTemplate | Remove-CustomerLockboxTemplate

        Removes all of them.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    param(
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Event,

        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)]
        [AllowEmptyString()]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Language
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    process {
        $params = @{
            event    = ConvertTo-LockboxWord -Value $Event -Name 'Event' -PerItem
            language = ConvertTo-LockboxWord -Value $Language -Name 'Language' -PerItem
        }
        $reply = Send-LockboxChange -Cmdlet $PSCmdlet -Method 'template.remove' -Params $params -Action "Remove your own text of mails about $Event in $Language"
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target "$Event/$Language"
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
        }
    }
}
