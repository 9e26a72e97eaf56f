function Read-LockboxTemplate {
    # An own text of a mail as it was given, by -Path or part by part, as params; failures stand among them.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Bound
    )
    $params = @{}
    foreach ($name in 'Event', 'Language') {
        $params[$name.ToLowerInvariant()] = ConvertTo-LockboxWord -Value $Bound[$name] -Name $name
    }
    foreach ($name in 'Subject', 'Text', 'Html') {
        if (-not $Bound.ContainsKey($name)) { continue }
        $fault = ConvertTo-LockboxName -Value $Bound[$name] -Name $name
        # As it was written, with its spaces.
        $params[$name.ToLowerInvariant()] = if (Test-LockboxFault $fault) { $fault } else { $Bound[$name] }
    }
    if ($Bound.ContainsKey('Path')) {
        $parts = Read-LockboxText -Cmdlet $Cmdlet -Path $Bound['Path']
        if (-not (Test-LockboxFault $parts)) {
            $parts = Read-LockboxJsonObject -Text $parts -Source "The file '$($Bound['Path'])'" -What 'text of a mail' `
                -Remedy 'Write {"subject": "...", "text": "..."} into it, and "html" if you like.'
        }
        if (Test-LockboxFault $parts) {
            $params['subject'] = $parts
            return $params
        }
        foreach ($part in $parts.PSObject.Properties) {
            $name = $part.Name.ToLowerInvariant()
            $params[$name] = $part.Value
            if ($name -notin 'subject', 'text', 'html') {
                $params[$name] = New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating `
                    -Message "The file '$($Bound['Path'])' has a part '$($part.Name)', which no text of a mail has." -Remedy 'A text has subject, text and html.'
            }
        }
    }
    $params
}
