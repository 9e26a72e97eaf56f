function Read-LockboxPolicyDocument {
    # The policy document that a command was given, by -Path or as -Document (a dictionary, an object or
    # JSON text); nothing where neither was, or a failure.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [Parameter(Mandatory = $true)][System.Collections.IDictionary]$Bound
    )
    if ($Bound.ContainsKey('Path') -and $Bound.ContainsKey('Document')) {
        return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message '-Path and -Document both name a policy.' `
            -Remedy 'Give one of the two.'
    }
    if ($Bound.ContainsKey('Path')) {
        $source = "The file '$($Bound['Path'])'"
        $text = Read-LockboxText -Cmdlet $Cmdlet -Path $Bound['Path']
        if (Test-LockboxFault $text) { return $text }
    }
    elseif ($Bound.ContainsKey('Document')) {
        $source = 'What -Document holds'
        $text = $Bound['Document']
        if ($text -is [System.Collections.IDictionary] -or $text -is [System.Management.Automation.PSCustomObject]) { return $text }
    }
    else {
        return
    }
    Read-LockboxJsonObject -Text $text -Source $source -What 'policy' `
        -Remedy 'Correct it; lockboxd policy check FILE says where a policy file is wrong.'
}
