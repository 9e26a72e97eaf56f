function Complete-LockboxArgument {
    # What Tab offers for an argument: the five things that PowerShell hands every completer come in,
    # completions go out. It answers within two seconds, or with what needs no daemon; it never fails
    # and never prints.
    param(
        [string]$CommandName,
        [string]$ParameterName,
        [AllowNull()][AllowEmptyString()][string]$Word,
        [AllowNull()][object]$Ast,
        [AllowNull()][System.Collections.IDictionary]$Bound
    )
    $WarningPreference = 'SilentlyContinue'
    $VerbosePreference = 'SilentlyContinue'
    $known = $global:Error.Count
    $typed = $Word.Trim([char[]]@("'", '"'))
    try {
        $offers = @(Get-LockboxOffer -CommandName $CommandName -ParameterName $ParameterName -Word $typed -Bound $Bound -Deadline ([datetime]::UtcNow.AddSeconds(2)))
        foreach ($offer in $offers) {
            $fits = @($offer.Text, $offer.Label) | Where-Object -FilterScript { $_.StartsWith($typed, [System.StringComparison]::OrdinalIgnoreCase) }
            if (-not $fits) { continue }
            $text = $offer.Text
            if ($text -notmatch '^[\w.-]+$') {
                $text = "'" + [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($text) + "'"
            }
            [System.Management.Automation.CompletionResult]::new($text, $offer.Label, 'ParameterValue', $offer.Tip)
        }
    }
    catch {
        while ($global:Error.Count -gt $known) { $global:Error.RemoveAt(0) }
    }
}
