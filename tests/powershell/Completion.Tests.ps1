# What Tab offers, through PowerShell's own completion.
. "$PSScriptRoot/Harness.ps1"

function Get-Offers {
    # What Tab would offer at the end of a line; files, which PowerShell falls back to, left out.
    param([string]$Line)
    $before = $Error.Count
    $found = @((TabExpansion2 -inputScript $Line -cursorColumn $Line.Length).CompletionMatches | Where-Object ResultType -eq 'ParameterValue')
    Assert-Equal $Error.Count $before "completing '$Line' left an error"
    , $found
}
function Assert-Offers {
    param([string]$Line, [string[]]$Expected, [string]$Because)
    $found = Get-Offers $Line
    Assert-Equal @($found.CompletionText | Sort-Object) @($Expected | Sort-Object) "$Line $Because"
}

# This loop adds 20 tests.
foreach ($case in @(
        @('Get-AccessToCustomerDataRequest -ApprovalStatus ', 'Approved', 'Canceled', 'Denied', 'Expired', 'Pending'),
        @('Get-AccessToCustomerDataRequest -ApprovalStatus pe', 'Pending'),
        @('Get-AccessToCustomerDataRequest -State InternalR', 'InternalReview'),
        @('Set-AccessToCustomerDataRequest -ApprovalDecision ', 'Approve', 'Deny', 'Cancel'),
        @('Set-AccessToCustomerDataRequest -ServiceName S', 'SharePoint'),
        @('New-AccessToCustomerDataRequest -ServiceName Win', 'Windows365'),
        @('New-AccessToCustomerDataRequest -AccessLevel r', 'read'),
        @('Confirm-AccessToCustomerDataRequest -Decision ', 'Approve', 'Reject'),
        @('Search-UnifiedAuditLog -Operations Set-', 'Set-AccessToCustomerDataRequest'),
        @('Search-UnifiedAuditLog -Operations LockboxViolation, LockboxAccessE', 'LockboxAccessEnded'),
        @('Export-CustomerLockboxAuditLog -Operations LockboxRequestA', 'LockboxRequestArrived'),
        @('Search-UnifiedAuditLog -RecordType ', 'ExchangeAdmin', 'DataCenterSecurityCmdlet', 'Windows365CustomerLockbox'),
        @('Search-UnifiedAuditLog -RecordType SharePointFileO', 'SharePointFileOperation'),
        @('Search-UnifiedAuditLog -SessionCommand Return', 'ReturnLargeSet', 'ReturnNextPreviewPage'),
        @('Get-CustomerLockboxNotification -State ', 'waiting', 'delivered', 'undeliverable'),
        @('Get-CustomerLockboxNotification -Preview -Event requestA', 'requestArrived'),
        @('New-CustomerLockboxWebhook -Format ', 'cloudEvents', 'cloudEventsBinary', 'slack', 'teams', 'json'),
        @('Set-CustomerLockboxWebhook -Event webhookPaused, emergencyR', 'emergencyReported'),
        @('Set-CustomerLockboxTemplate -Event requestD', 'requestDecided'),
        @('Remove-CustomerLockboxTemplate -Language ', 'en', 'de', 'fr', 'es', 'ja'),
        @('Write-CustomerLockboxActivity -ResultStatus ', 'True', 'False'))) {
    It "without a connection: $($case[0])" {
        Assert-Offers $case[0] $case[1..20]
    }
}
It 'what needs a daemon is not offered without one, and no error shows' {
    foreach ($line in 'Get-AccessToCustomerDataRequest -RequestId ', 'Set-AccessToCustomerDataRequest -RequestId E', 'Confirm-AccessToCustomerDataRequest -Identity ', 'Invoke-CustomerLockboxMethod -Method ') {
        Assert-Equal (Get-Offers $line).Count 0 $line
    }
}
It 'words of notifications and webhooks are those of the daemon' {
    $common = [System.IO.File]::ReadAllText("$PSScriptRoot/../../schemas/common.json") | ConvertFrom-Json
    foreach ($pair in @('Event', 'eventName'), @('NotificationState', 'notificationState'), @('WebhookFormat', 'webhookFormat'), @('Language', 'noticeLanguage')) {
        $daemon = $common.'$defs'.($pair[1]).enum
        Assert-True ($daemon.Count -ge 3)
        Assert-Equal @(Invoke-InModule { param($n) Get-LockboxWord -Name $n } @($pair[0])) @($daemon)
    }
}
It 'the operations that are offered are those of the daemon' {
    $source = [System.IO.File]::ReadAllText("$PSScriptRoot/../../src/audit/operations.rs")
    $daemon = [regex]::Matches($source, '(?m)^    [A-Z_]+ = "([\w-]+)";').ForEach({ $_.Groups[1].Value })
    Assert-True ($daemon.Count -gt 20)
    $ours = Invoke-InModule { Get-LockboxOperationName }
    Assert-Equal @($ours | Sort-Object) @($daemon | Sort-Object) 'Private/Get-LockboxOperationName.ps1 and src/audit/operations.rs hold the same names'
}

$one = New-TestRequest @{ reason = "Mailbox of Rick`tdoes not open $([char]0x202e)" }
$two = New-TestRequest @{ requestId = 'CLB000777'; reason = 'Calendar' }
$granted = New-TestRequest
$null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $granted.identity; decision = 'Approve' }
$waiting = New-TestRequest -Internal

It 'a customer is offered what is pending, with the reason as tool tip' {
    Connect-As admin
    Assert-Offers 'Get-AccessToCustomerDataRequest -RequestId ' $one.requestId, $two.requestId
    Assert-Offers 'Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId ' $one.requestId, $two.requestId
    Assert-Offers 'Set-AccessToCustomerDataRequest -RequestId clb' $two.requestId 'in any case'
    Assert-Offers 'Set-AccessToCustomerDataRequest -Identity clb' $two.requestId 'by alias'
    $offer = @(Get-Offers "Get-AccessToCustomerDataRequest -RequestId $($one.requestId)")
    Assert-Equal $offer.Count 1
    Assert-Equal $offer[0].ToolTip 'Mailbox of Rick does not open \u202e (Exchange, Microsoft Engineer, Pending)'
    Assert-Equal $offer[0].ListItemText $one.requestId
}
It 'Cancel is offered what was approved as well' {
    Assert-Offers 'Set-AccessToCustomerDataRequest -ApprovalDecision Cancel -RequestId ' $one.requestId, $two.requestId, $granted.requestId
}
It 'it works under an alias and under a prefix' {
    Set-Alias -Name gacdr -Value Get-AccessToCustomerDataRequest
    Assert-Offers 'gacdr -RequestId CLB' $two.requestId
    $ps = [powershell]::Create()
    $null = $ps.AddScript("Import-Module CustomerLockbox -Prefix Lockbox; Connect-LockboxCustomerLockbox -Url '$($World.url)' -Token '$($World.admin)'; `$line = 'Set-LockboxAccessToCustomerDataRequest -RequestId CLB'; (TabExpansion2 `$line `$line.Length).CompletionMatches.CompletionText")
    Assert-Equal @($ps.Invoke()) @($two.requestId)
    $ps.Dispose()
}
It 'a manager is offered what waits for review, by GUID, or by number where the tenant is named' {
    Connect-As manager
    Assert-Offers 'Confirm-AccessToCustomerDataRequest -Identity ' $waiting.identity
    $offer = @(Get-Offers "Confirm-AccessToCustomerDataRequest -Decision Approve -Identity $($waiting.requestId)")
    Assert-Equal $offer[0].CompletionText $waiting.identity 'the number is completed to the GUID'
    Assert-Equal $offer[0].ListItemText "$($waiting.requestId) $($World.tenant)"
    Assert-Match $offer[0].ToolTip '^Mailbox does not open \(Exchange, '
    Assert-Offers "Confirm-AccessToCustomerDataRequest -Tenant $($World.tenant) -Identity " $waiting.requestId
    Assert-Offers 'Stop-AccessToCustomerDataRequest -Identity ' $waiting.identity, $one.identity, $two.identity, $granted.identity
    Assert-Offers 'Get-AccessToCustomerDataRequest -RequestId ' $waiting.identity, $one.identity, $two.identity
}
It 'an engineer is offered the grants to work under' {
    Connect-As engineer
    Assert-Offers "Test-AccessToCustomerData -Tenant $($World.tenant) -RequestId " $granted.requestId
    Assert-Offers "Write-CustomerLockboxActivity -Tenant $($World.tenant) -RequestId " $granted.requestId
}
It 'what was offered can be used' {
    Connect-As manager
    $id = (Get-Offers 'Confirm-AccessToCustomerDataRequest -Identity ')[0].CompletionText
    Confirm-AccessToCustomerDataRequest -Identity $id -Decision Reject
    Assert-Equal (Get-TestState $waiting.identity) 'Rejected'
    Assert-Offers 'Confirm-AccessToCustomerDataRequest -Identity ' @()
}
It 'methods are offered with what they do; services of the daemon beside the documented ones' {
    Connect-As admin
    $offer = @(Get-Offers 'Invoke-CustomerLockboxMethod -Method request.li')
    Assert-Equal @($offer.CompletionText) @('request.list')
    Assert-Equal $offer[0].ToolTip 'List requests'
    $services = @((Get-Offers 'Set-AccessToCustomerDataRequest -ServiceName ').CompletionText)
    foreach ($service in (Invoke-Rpc '' 'system.info').services.name) { Assert-True ($services -contains $service) $service }
    Assert-Equal @($services | Sort-Object -Unique).Count $services.Count 'none twice'
}
It 'text that needs quotes gets them' {
    $text = Invoke-InModule {
        function Get-LockboxOffer { New-LockboxOffer -Text "it's x" }
        (Complete-LockboxArgument 'Get-X' 'Y' "'it" $null $null).CompletionText
    }
    Assert-Equal $text "'it''s x'"
}
It 'a caller who may not is offered nothing, without an error' {
    Connect-CustomerLockbox -Url $World.url -Token $World.gateway
    Assert-Equal (Get-Offers 'Confirm-AccessToCustomerDataRequest -Identity ').Count 0
    Disconnect-CustomerLockbox
    $env:LOCKBOX_URL = $World.url; $env:LOCKBOX_TOKEN = "lbt_$('x' * 43)"
    try {
        Assert-Equal (Get-Offers 'Get-AccessToCustomerDataRequest -RequestId ').Count 0
        $env:LOCKBOX_TOKEN = $World.admin
        Assert-Offers 'Get-AccessToCustomerDataRequest -RequestId ' $one.requestId, $two.requestId 'the environment is a connection'
        $env:LOCKBOX_URL = 'http://127.0.0.1:1'
        Assert-Equal (Get-Offers 'Get-AccessToCustomerDataRequest -RequestId ').Count 0
    }
    finally {
        $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
    }
}
It 'a daemon that never answers costs two seconds, and leaves what is always the same' {
    $silent = [System.Net.Sockets.TcpListener]::new([System.Net.IPAddress]::Loopback, 0)
    $silent.Start()
    $env:LOCKBOX_URL = "http://127.0.0.1:$($silent.LocalEndpoint.Port)"; $env:LOCKBOX_TOKEN = $World.admin
    try {
        # Loaded once before, so that the time is that of waiting.
        Assert-Offers 'Get-AccessToCustomerDataRequest -ApprovalStatus P' 'Pending'
        foreach ($case in @('Get-AccessToCustomerDataRequest -RequestId ', 0), @('Set-AccessToCustomerDataRequest -ServiceName T', 1)) {
            $watch = [System.Diagnostics.Stopwatch]::StartNew()
            Assert-Equal (Get-Offers $case[0]).Count $case[1] $case[0]
            Assert-True ($watch.Elapsed.TotalSeconds -lt 4.5) "$($case[0]) took $($watch.Elapsed)"
            Assert-True ($watch.Elapsed.TotalSeconds -gt 1.5) "$($case[0]) did not ask"
        }
    }
    finally {
        $env:LOCKBOX_URL = $null; $env:LOCKBOX_TOKEN = $null
        $silent.Stop()
    }
}
It 'completion prints nothing, whatever the preferences' {
    Connect-As admin
    $global:VerbosePreference = 'Continue'
    try {
        $shown = & { $null = Get-Offers 'Get-AccessToCustomerDataRequest -RequestId ' } *>&1
    }
    finally {
        $global:VerbosePreference = 'SilentlyContinue'
    }
    Assert-Equal @($shown).Count 0 "$shown"
}
Complete-Tests
