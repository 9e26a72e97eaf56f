# Stands for the vaults of SecretManagement: as its Get-Secret, by name and vault, out of a file of the
# test; a name that holds "locked" meets a vault that is.
function Get-Secret {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true)][string]$Name, [string]$Vault, [switch]$AsPlainText)
    if ($Name -match 'locked') { throw "Unable to get secret ${Name}: the vault is locked." }
    $secrets = Import-Clixml -LiteralPath $env:LOCKBOX_TEST_SECRETS
    $found = @($secrets | Where-Object { $_.Name -eq $Name -and (-not $Vault -or $_.Vault -eq $Vault) })
    if ($found.Count -eq 0) {
        Write-Error -Message "The secret $Name was not found." -ErrorId 'InvokeGetSecretNotFound'
        return
    }
    $found[0].Secret
}
Export-ModuleMember -Function Get-Secret
