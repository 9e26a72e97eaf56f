function New-LockboxTransportError {
    # The daemon could not be reached, or what answered is not the daemon.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][string]$Message
    )
    if ($Message.Length -gt 300) {
        $Message = $Message.Substring(0, 300)
    }
    New-LockboxError -Code 'connection' -Category ConnectionError -Terminating `
        -Message "No answer from the Customer Lockbox at $($Connection.Url): $Message." `
        -Remedy 'Check that the daemon runs and that the address is right (LOCKBOX_URL, or Connect-CustomerLockbox -Url).'
}
