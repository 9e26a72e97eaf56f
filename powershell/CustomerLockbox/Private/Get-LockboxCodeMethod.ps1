function Get-LockboxCodeMethod {
    # Claim codes and enrolment codes are redeemed alike, by different methods.
    param([AllowNull()][AllowEmptyString()][string]$Code)
    $text = "$Code".Trim()
    if ($text -like 'claim-*') { return 'tenant.claim' }
    if ($text -like 'enroll-*') { return 'principal.enroll' }
    New-LockboxError -Code 'usage' -Category InvalidArgument -Terminating -Message 'This is neither a claim code nor an enrolment code.' `
        -Remedy 'Paste the whole code; it begins with claim- or enroll-.'
}
