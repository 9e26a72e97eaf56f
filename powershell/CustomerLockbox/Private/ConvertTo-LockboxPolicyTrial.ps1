function ConvertTo-LockboxPolicyTrial {
    # What a policy would make of one request.
    param(
        [Parameter(Mandatory = $true)][object]$Reply,
        [AllowNull()][object]$RequestId,
        [Parameter(Mandatory = $true)][string]$ServiceName,
        [AllowNull()][object]$At
    )
    $judged = ConvertTo-LockboxJudgement -Judgement $Reply.judgement
    $outcome = $Reply.would.PSObject.Properties | Where-Object -FilterScript { $_.Value -eq 1 } | ForEach-Object -Process { $_.Name }
    [pscustomobject]@{
        PSTypeName  = 'CustomerLockbox.PolicyTrial'
        RequestId   = $RequestId
        ServiceName = $ServiceName
        At          = ConvertFrom-LockboxInstant -Text $At
        Outcome     = ConvertTo-LockboxOutcome -Word $outcome
        Rule        = $judged.Rule
        Sentence    = $judged.Sentence
        Applied     = $judged.Applied
        Stages      = @($Reply.judgement.asked.stages | Where-Object -FilterScript { $null -ne $_ })
        Lines       = $judged.Lines
        PolicyHash  = $Reply.hash
    }
}

function ConvertTo-LockboxPolicySimulation {
    # What a policy would have made of past requests.
    param([Parameter(Mandatory = $true)][object]$Reply)
    $differences = foreach ($one in $Reply.differences) {
        [pscustomobject]@{
            PSTypeName         = 'CustomerLockbox.PolicyDifference'
            RequestId          = $one.requestId
            Identity           = $one.identity
            ServiceName        = $one.serviceName
            SentToCustomerDate = ConvertFrom-LockboxInstant -Text $one.sentToCustomerDate
            State              = $one.state
            Happened           = ConvertTo-LockboxOutcome -Word $one.happened
            Would              = ConvertTo-LockboxOutcome -Word $one.would
            Rule               = $one.rule
            Sentence           = $one.sentence
            Stages             = @($one.stages)
        }
    }
    [pscustomobject]@{
        PSTypeName  = 'CustomerLockbox.PolicySimulation'
        Tried       = [int]$Reply.tried
        More        = $Reply.more
        Denied      = [int]$Reply.would.denied
        Approved    = [int]$Reply.would.approved
        Granted     = [int]$Reply.would.granted
        Asked       = [int]$Reply.would.asked
        Different   = [int]$Reply.different
        Differences = @($differences)
        Rules       = $Reply.rules
        PolicyHash  = $Reply.hash
    }
}

function ConvertTo-LockboxOutcome {
    # A word of the wire as people see it: denied is Denied.
    param([AllowNull()][AllowEmptyString()][string]$Word)
    if ($Word) { $Word.Substring(0, 1).ToUpperInvariant() + $Word.Substring(1) }
}
