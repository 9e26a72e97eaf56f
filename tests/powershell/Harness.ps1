# A test file dot-sources this, calls It, and ends with Complete-Tests.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$World = [System.IO.File]::ReadAllText($env:LOCKBOX_TEST_WORLD) | ConvertFrom-Json
$TestResult = @{ passed = 0; failed = [System.Collections.Generic.List[object]]::new() }
Import-Module CustomerLockbox

function It {
    param([string]$Name, [scriptblock]$Body)
    try {
        $null = & $Body
        $TestResult.passed++
    }
    catch {
        $text = "$($_.Exception.Message)`n$($_.ScriptStackTrace)"
        $TestResult.failed.Add(@{ name = $Name; text = $text })
    }
}

function Write-Note {
    # A line that the runner shows, such as what was measured.
    param([string]$Text)
    [Console]::Out.WriteLine("NOTE $Text")
}

function Complete-Tests {
    "RESULT $(ConvertTo-Json -InputObject $TestResult -Compress -Depth 5)"
    exit 0
}

function Assert-Equal {
    param($Actual, $Expected, [string]$Because)
    $left = ConvertTo-Json -InputObject $Actual -Compress -Depth 6
    $right = ConvertTo-Json -InputObject $Expected -Compress -Depth 6
    if ($left -cne $right) { throw "expected $right, got $left. $Because" }
}

function Assert-True {
    param($Value, [string]$Because)
    if ($Value -isnot [bool] -or -not $Value) { throw "expected true, got '$Value'. $Because" }
}

function Assert-Match {
    param([string]$Text, [string]$Pattern, [string]$Because)
    if ($Text -notmatch $Pattern) { throw "expected a match of '$Pattern', got '$Text'. $Because" }
}

function Assert-Throws {
    # The error record with which a terminating error ends the body.
    param([scriptblock]$Body, [string]$Pattern = '.')
    $record = $null
    try {
        $null = & $Body
    }
    catch {
        $record = $_
    }
    if ($null -eq $record) { throw "expected an error that matches '$Pattern', got none" }
    Assert-Match "$($record.FullyQualifiedErrorId) $record $($record.Exception.Message)" $Pattern
    $record
}

function Invoke-Rpc {
    # Straight to the daemon, so that what the module says can be held against it.
    param([string]$Token, [string]$Method, [hashtable]$Params = @{}, [switch]$MayFail)
    $body = ConvertTo-Json -InputObject @{ jsonrpc = '2.0'; id = 1; method = $Method; params = $Params } -Depth 20 -Compress
    $headers = @{}
    if ($Token) { $headers['Authorization'] = "Bearer $Token" }
    $answer = Invoke-WebRequest -Uri "$($World.url)/rpc" -Method Post -Body ([System.Text.Encoding]::UTF8.GetBytes($body)) -ContentType 'application/json' -Headers $headers -UseBasicParsing
    $reply = [System.Text.Encoding]::UTF8.GetString($answer.RawContentStream.ToArray()) | ConvertFrom-Json -DateKind String
    if ($reply.PSObject.Properties['error']) {
        if ($MayFail) { return $reply.error }
        throw "$Method failed: $(ConvertTo-Json -InputObject $reply.error -Compress -Depth 9)"
    }
    $reply.result
}

function New-TestRequest {
    # A request that has reached the customer, or (-Internal) waits for the provider's review.
    param([hashtable]$With = @{}, [switch]$Internal)
    $params = @{
        tenant               = $World.tenant
        serviceName          = 'Exchange'
        reason               = 'Mailbox does not open'
        durationSeconds      = 7200
        serviceRequestNumber = 'CLB-1042'
    }
    foreach ($key in $With.Keys) { $params[$key] = $With[$key] }
    $request = (Invoke-Rpc $World.engineer 'request.submit' $params).request
    if (-not $Internal) {
        $request = (Invoke-Rpc $World.manager 'request.review' @{ requestId = $request.identity; decision = 'Approve' }).request
    }
    $request
}

function New-TestEmergency {
    # Emergency access that a manager has confirmed, or (-Declared) that waits for one.
    param([hashtable]$With = @{}, [switch]$Declared)
    $params = @{
        tenant               = $World.tenant
        serviceName          = 'Exchange'
        reason               = 'Nobody can send mail'
        serviceRequestNumber = 'CLB-1042'
        incident             = "INC-$([guid]::NewGuid())"
    }
    foreach ($key in $With.Keys) { $params[$key] = $With[$key] }
    $request = (Invoke-Rpc $World.engineer 'emergency.declare' $params).request
    if (-not $Declared) {
        # Somebody else each time: the same two have no second one within a day.
        $address = "manager$(Get-Random)@provider.example"
        $made = Invoke-Rpc $World.providerAdmin 'principal.create' @{ kind = 'person'; address = $address; displayName = $address; roles = @(@{ role = 'SupportManager' }) }
        $manager = (Invoke-Rpc '' 'principal.enroll' @{ code = $made.enrolmentCode }).token
        $request = (Invoke-Rpc $manager 'emergency.confirm' @{ requestId = $request.identity }).request
    }
    $request
}

function Get-TestState {
    param([string]$Identity)
    (Invoke-Rpc $World.manager 'request.get' @{ requestId = $Identity }).request.state
}

function Deny-TestRequests {
    # An engineer may have few pending requests at a time.
    foreach ($request in (Invoke-Rpc $World.admin 'request.list' @{ approvalStatus = 'Pending'; pageSize = 1000 }).requests) {
        $null = Invoke-Rpc $World.admin 'request.decide' @{ requestId = $request.identity; decision = 'Deny' } -MayFail
    }
}

function Connect-As {
    param([string]$Who)
    Connect-CustomerLockbox -Url $World.url -Token $World.$Who
}

function Invoke-InModule {
    # Runs a block inside the module, where its private functions are.
    param([scriptblock]$Body, [object[]]$Arguments)
    & (Get-Module CustomerLockbox) $Body @Arguments
}
