#Requires -Modules ExchangeOnlineManagement
# Such as people have for Exchange Online: a large set page by page, with dates that move.
param([string]$Operation, [int]$PageSize)

Connect-ExchangeOnline -UserPrincipalName admin@contoso.onmicrosoft.com -ShowBanner:$false
$sessionId = [Guid]::NewGuid().ToString() + '_' + 'Lockbox' + (Get-Date).ToString('yyyyMMddHHmmssfff')
$all = @()
$count = 0
do {
    $results = Search-UnifiedAuditLog -StartDate (Get-Date).AddDays(-1) -EndDate (Get-Date).AddDays(1) -Operations $Operation -SessionId $sessionId -SessionCommand ReturnLargeSet -ResultSize $PageSize
    if ($results) {
        $count++
        $all += $results
        Write-Host "Page $count ends with $($results[-1].ResultIndex) of $($results[-1].ResultCount)"
    }
} while ($results)
$all | Sort-Object Identity -Unique | ForEach-Object {
    $data = $_.AuditData | ConvertFrom-Json
    "$($_.UserIds) $($_.Operations) $($data.ObjectId)"
}
Disconnect-ExchangeOnline -Confirm:$false
