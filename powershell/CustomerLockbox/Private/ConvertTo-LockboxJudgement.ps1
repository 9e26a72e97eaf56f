function ConvertTo-LockboxJudgement {
    # What a policy makes of a request, as properties: the rule that decides, why, every rule that
    # applies, and each line of how people are asked with its value and its origin.
    param([AllowNull()][object]$Judgement)
    $lines = foreach ($origin in $Judgement.origins) {
        if ($null -eq $origin) { continue }
        [pscustomobject]@{
            PSTypeName = 'CustomerLockbox.PolicyLine'
            Line       = $origin.line
            Value      = $Judgement.asked.($origin.line)
            From       = $origin.from
            Level      = $origin.level
        }
    }
    $applied = foreach ($rule in $Judgement.applied) {
        if ($null -eq $rule) { continue }
        [pscustomobject]@{ PSTypeName = 'CustomerLockbox.PolicyRule'; Rule = $rule.rule; Act = $rule.act; Level = $rule.level }
    }
    @{
        Rule     = $Judgement.rule
        Sentence = $Judgement.sentence
        Applied  = @($applied)
        Lines    = @($lines)
    }
}
