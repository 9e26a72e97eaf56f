function Get-CustomerLockboxTemplate {
    <#
    .SYNOPSIS
        Reads your organization's own texts of mails.

    .DESCRIPTION
        Those that stand in place of the shipped ones, each for one event in one language. It needs the
        role GlobalAdministrator or SecurityReader.

    .PARAMETER Event
        Only those of this event. Where -Language is named too, it is an error if there is none.

    .PARAMETER Language
        Only those in this language: en, de, fr, es or ja.

    .OUTPUTS
        CustomerLockbox.Template

    .EXAMPLE
        Get-CustomerLockboxTemplate

        Lists all own texts.

    .EXAMPLE
        (Get-CustomerLockboxTemplate -Event requestArrived -Language en).Text

        Shows one text.

    .EXAMPLE
        Get-CustomerLockboxTemplate -Language fr | Remove-CustomerLockboxTemplate -WhatIf

        Says which texts would be removed.
    #>
    [CmdletBinding(PositionalBinding = $false,
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Template')]
    param(
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Event,

        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Language
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $wanted = @{}
        foreach ($name in 'Event', 'Language') {
            if ($PSBoundParameters.ContainsKey($name)) { $wanted[$name.ToLowerInvariant()] = ConvertTo-LockboxWord -Value $PSBoundParameters[$name] -Name $name }
        }
        $reply = Find-LockboxFault -Values $wanted
        if ($null -eq $reply) {
            if ($wanted.Count -eq 2) { $reply = [pscustomobject]@{ templates = @([pscustomobject]$wanted) } }
            else { $reply = Invoke-LockboxRpc -Method 'template.list' }
        }
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target $null
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        foreach ($one in $reply.templates) {
            if ($wanted.ContainsKey('event') -and $one.event -ne $wanted['event']) { continue }
            if ($wanted.ContainsKey('language') -and $one.language -ne $wanted['language']) { continue }
            $found = Invoke-LockboxRpc -Method 'template.get' -Params @{ event = $one.event; language = $one.language }
            if (Test-LockboxFault $found) {
                $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $found -Target "$($one.event)/$($one.language)"
                if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
                continue
            }
            ConvertTo-LockboxTemplate -Template $found.template
        }
    }
}
