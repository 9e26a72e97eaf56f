function ConvertTo-LockboxSecretText {
    # A token given as text, as a secure string, or as the password of a credential.
    param([AllowNull()][object]$Value)
    if ($Value -is [System.Management.Automation.PSCredential]) {
        $Value = $Value.Password
    }
    if ($Value -is [System.Security.SecureString]) {
        return [System.Management.Automation.PSCredential]::new('token', $Value).GetNetworkCredential().Password
    }
    if ($null -eq $Value -or $Value -is [string]) {
        return $Value
    }
    return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'The token is neither text nor a secure string nor a credential.' `
        -Remedy 'Pass the token as it was shown, as a secure string, or as the password of a credential.'
}
