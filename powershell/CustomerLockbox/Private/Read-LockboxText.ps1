function Read-LockboxText {
    # A text file in UTF-8, with or without a byte order mark; or a failure.
    param(
        [Parameter(Mandatory = $true)][System.Management.Automation.PSCmdlet]$Cmdlet,
        [AllowNull()][AllowEmptyString()][string]$Path
    )
    $name = ConvertTo-LockboxName -Value $Path -Name 'Path'
    if (Test-LockboxFault $name) {
        return $name
    }
    try {
        [System.IO.File]::ReadAllText($Cmdlet.GetUnresolvedProviderPathFromPSPath($name))
    }
    catch {
        $null = $global:Error.Remove($_)
        New-LockboxError -Code 'cannotRead' -Category ReadError -Terminating -Message "The file '$name' cannot be read: $($_.Exception.GetBaseException().Message)" `
            -Remedy 'Check the path, and that you may read the file.'
    }
}
