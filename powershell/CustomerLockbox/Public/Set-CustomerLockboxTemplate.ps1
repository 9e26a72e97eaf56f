function Set-CustomerLockboxTemplate {
    <#
    .SYNOPSIS
        Puts a text of your own in place of a shipped mail's, for one event in one language.

    .DESCRIPTION
        The text is tried before it is kept. It replaces the one that was there as a whole. It names what
        webhooks carry, such as {{ request.reason }}; mails about settings, policy, roles and emergency
        access keep the shipped text. It needs the role GlobalAdministrator. Writes nothing unless
        -PassThru is given. With -WhatIf the daemon tries the text and nothing is written.

    .PARAMETER Event
        Of which event's mails.

    .PARAMETER Language
        In which language: en, de, fr, es or ja.

    .PARAMETER Path
        A file with the text, as lockboxd notify preview --template takes it: a JSON object of subject,
        text and, if you like, html.

    .PARAMETER Subject
        The subject.

    .PARAMETER Text
        The plain text.

    .PARAMETER Html
        The HTML document; where it is left out it is made of the plain text.

    .PARAMETER PassThru
        Writes the text as it is then.

    .OUTPUTS
        None, or CustomerLockbox.Template with -PassThru.

    .EXAMPLE
        Set-CustomerLockboxTemplate -Event requestArrived -Language en -Path ./mail.json -WhatIf

        Says whether the text in a file can stand.

    .EXAMPLE
        Set-CustomerLockboxTemplate -Event requestArrived -Language en -Subject '{{ request.requestId }} waits' -Text 'Why: {{ request.reason }}'

        Puts a text.
    #>
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', PositionalBinding = $false, DefaultParameterSetName = 'Parts',
        HelpUri = 'https://learn.microsoft.com/purview/customer-lockbox-requests')]
    [OutputType('CustomerLockbox.Template')]
    param(
        [Parameter(Mandatory = $true)]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Event,

        [Parameter(Mandatory = $true)]
        [ArgumentCompleter({ & (Get-Command -Name $args[0] -ErrorAction Ignore).ScriptBlock.Module { Complete-LockboxArgument @args } @args })]
        [string]$Language,

        [Parameter(Mandatory = $true, ParameterSetName = 'File')]
        [string]$Path,

        [Parameter(Mandatory = $true, ParameterSetName = 'Parts')]
        [string]$Subject,

        [Parameter(Mandatory = $true, ParameterSetName = 'Parts')]
        [string]$Text,

        [Parameter(ParameterSetName = 'Parts')]
        [string]$Html,

        [switch]$PassThru
    )

    begin {
        Import-CallerPreference -Cmdlet $PSCmdlet
    }

    end {
        $params = Read-LockboxTemplate -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        $reply = Send-LockboxChange -Cmdlet $PSCmdlet -Method 'template.put' -Params $params -Action "Put your own text of mails about $Event in $Language"
        if (Test-LockboxFault $reply) {
            $fatal = Write-LockboxFailure -Cmdlet $PSCmdlet -Record $reply -Target "$Event/$Language"
            if ($null -ne $fatal) { $PSCmdlet.ThrowTerminatingError($fatal) }
            return
        }
        if ($PassThru -and $null -ne $reply) {
            ConvertTo-LockboxTemplate -Template $reply.template
        }
    }
}
