function Get-LockboxSecret {
    # A token out of a vault of SecretManagement, where that module is installed; or a failure.
    param(
        [AllowNull()][AllowEmptyString()][string]$Name,
        [AllowNull()][AllowEmptyString()][string]$Vault
    )
    $wanted = ConvertTo-LockboxName -Value $Name -Name 'SecretName'
    if (Test-LockboxFault $wanted) {
        return $wanted
    }
    $command = Get-Command -Name 'Microsoft.PowerShell.SecretManagement\Get-Secret' -ErrorAction Ignore
    if ($null -eq $command) {
        return New-LockboxError -Code 'noSecretManagement' -Category NotInstalled -Terminating -Message 'There is no Get-Secret here, so -SecretName cannot be read.' `
            -Remedy 'Install the module Microsoft.PowerShell.SecretManagement, or pass -Token, -Credential or LOCKBOX_TOKEN.'
    }
    $ask = @{ Name = $wanted; ErrorAction = 'Stop' }
    if ($Vault) { $ask['Vault'] = $Vault }
    $secret = $null
    $reason = 'there is no such secret'
    $known = $global:Error.Count
    try {
        $secret = & $command @ask
    }
    catch {
        # With -ErrorAction Stop it left two entries.
        while ($global:Error.Count -gt $known) { $global:Error.RemoveAt(0) }
        $reason = $_.Exception.Message
    }
    if ($null -eq $secret) {
        return New-LockboxError -Code 'secretUnavailable' -Category ResourceUnavailable -Terminating -Message "The secret '$wanted' could not be read: $reason" `
            -Remedy 'Check the name and the vault (Get-SecretInfo), and unlock the vault.'
    }
    ConvertTo-LockboxSecretText -Value $secret
}
