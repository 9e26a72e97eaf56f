function ConvertTo-LockboxSecretText {
    # A token given as text or as a secure string.
    param([AllowNull()][object]$Value)
    if ($Value -is [System.Security.SecureString]) {
        return [System.Management.Automation.PSCredential]::new('token', $Value).GetNetworkCredential().Password
    }
    if ($null -eq $Value -or $Value -is [string]) {
        return $Value
    }
    return New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message '-Token is neither text nor a secure string.' `
        -Remedy 'Pass the token as it was shown, or as a secure string.'
}
