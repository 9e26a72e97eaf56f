# Own texts of mails: put from a file or part by part, read, removed.
. "$PSScriptRoot/Harness.ps1"
$missing = $null
$which = @{ Event = 'requestArrived'; Language = 'en' }
$parts = @{ Subject = '{{ request.requestId }} waits'; Text = "{{ request.reason }}`n  as written `n" }

function Get-Texts { Invoke-Rpc $World.admin 'template.list' }
function Set-File {
    # A file of this text; its path.
    param([string]$Text, [string]$Name = 'mail.json')
    [System.IO.File]::WriteAllText("$($World.scratch)/$Name", $Text)
    "$($World.scratch)/$Name"
}

It 'Set- puts a text part by part; -WhatIf tries it and keeps nothing' {
    Connect-As admin
    Set-CustomerLockboxTemplate @which @parts -WhatIf 6>$null
    Assert-Equal @((Get-Texts).templates).Count 0
    $record = Assert-Throws { Set-CustomerLockboxTemplate @which -Subject x -Text '{{ request.reasn }}' -WhatIf -ErrorAction Stop } 'LockboxInvalidParams'
    Assert-Match $record.Exception.Message "no 'reasn'"
    Assert-Equal $record.TargetObject 'requestArrived/en'
    Assert-Equal @(Set-CustomerLockboxTemplate @which @parts).Count 0
    $seen = Get-CustomerLockboxTemplate
    Assert-Equal @($seen.PSObject.Properties.Name) @('Event', 'Language', 'Subject', 'Text', 'Html')
    Assert-Equal @($seen.Event, $seen.Language, $seen.Subject, $seen.Text) @('requestArrived', 'en', $parts.Subject, $parts.Text)
    Assert-True ($null -eq $seen.Html)
    $seen = Set-CustomerLockboxTemplate -Event REQUESTarrived -Language EN @parts -Html '<p>{{ request.reason }}</p>' -PassThru
    Assert-Equal @($seen.Event, $seen.Language, $seen.Html) @('requestArrived', 'en', '<p>{{ request.reason }}</p>')
    $null = Set-CustomerLockboxTemplate @which @parts
    Assert-True ($null -eq (Get-CustomerLockboxTemplate).Html) 'a text is replaced as a whole'
    $logged = (Invoke-Rpc $World.admin 'audit.search' @{ operations = @('LockboxTemplateChanged') }).records
    Assert-Equal @($logged).Count 3 '-WhatIf leaves no record'
}
It 'Set- takes the file that lockboxd notify preview takes' {
    Connect-As admin
    $path = Set-File '{"subject": "Deutsch", "text": "2026-01-01T00:00:00Z", "html": "<p>\u00e4</p>"}'
    Set-CustomerLockboxTemplate -Event requestArrived -Language de -Path $path
    $seen = Get-CustomerLockboxTemplate -Event requestArrived -Language DE
    Assert-Equal @($seen.Subject, $seen.Text, $seen.Html) @('Deutsch', '2026-01-01T00:00:00Z', "<p>$([char]0xe4)</p>")
    $null = Set-File '{"Subject": "Mehr", "Text": "x", "Html": null}'
    Push-Location $World.scratch
    try { $seen = Set-CustomerLockboxTemplate -Event requestDecided -Language de -Path ./mail.json -PassThru }
    finally { Pop-Location }
    Assert-Equal @($seen.Subject, $seen.Text) @('Mehr', 'x')
    Assert-True ($null -eq $seen.Html)
}
It 'what is wrong is refused before anything is sent' {
    Connect-As admin
    $before = (Get-Texts).templates.Count
    $faults = @(
        @('[1]', 'is no text of a mail: it is no JSON object'),
        @('{"subject": "x", ', 'is no text of a mail'),
        @('', 'is no text of a mail'),
        @('{"subject": "x", "text": "y", "validateOnly": true}', "part 'validateOnly'"),
        @('{"subject": "x", "text": "y", "event": "requestDecided"}', "part 'event'"))
    foreach ($fault in $faults) {
        $path = Set-File $fault[0]
        $record = Assert-Throws { Set-CustomerLockboxTemplate -Event requestExpired -Language en -Path $path } 'LockboxUsage'
        Assert-Match $record.Exception.Message ([regex]::Escape($fault[1]))
        Assert-Match $record.ErrorDetails.RecommendedAction 'text'
    }
    $null = Assert-Throws { Set-CustomerLockboxTemplate @which -Path "$($World.scratch)/none.json" } 'LockboxCannotRead'
    foreach ($way in { Set-CustomerLockboxTemplate -Event nothing -Language en @parts }, { Set-CustomerLockboxTemplate -Event requestArrived -Language it @parts }, { Set-CustomerLockboxTemplate @which @parts -Html $missing }, { Set-CustomerLockboxTemplate @which -Subject ' ' -Text x }, { Get-CustomerLockboxTemplate -Event $missing }, { Get-CustomerLockboxTemplate -Language $missing }) {
        $null = Assert-Throws $way 'LockboxUsage'
    }
    # A file that has not all parts, and an event that keeps its text, are the daemon's to refuse.
    $path = Set-File '{"subject": "x"}'
    $null = Assert-Throws { Set-CustomerLockboxTemplate -Event requestExpired -Language en -Path $path -ErrorAction Stop } 'LockboxInvalidParams'
    $record = Assert-Throws { Set-CustomerLockboxTemplate -Event policyChanged -Language en @parts -ErrorAction Stop } 'LockboxInvalidParams'
    Assert-Match $record.Exception.Message 'keep the shipped text'
    Assert-Equal (Get-Texts).templates.Count $before
}
It 'Get- narrows; one that is named in full must be there' {
    Connect-As admin
    Assert-Equal @((Get-CustomerLockboxTemplate).Event | Sort-Object) @('requestArrived', 'requestArrived', 'requestDecided')
    Assert-Equal @((Get-CustomerLockboxTemplate -Event requestArrived).Language | Sort-Object) @('de', 'en')
    Assert-Equal @((Get-CustomerLockboxTemplate -Language DE).Event | Sort-Object) @('requestArrived', 'requestDecided')
    Assert-Equal @(Get-CustomerLockboxTemplate -Language ja).Count 0
    $record = Assert-Throws { Get-CustomerLockboxTemplate -Event requestArrived -Language ja -ErrorAction Stop } 'LockboxNotFound'
    Assert-Equal "$($record.CategoryInfo.Category)" 'ObjectNotFound'
    $lines = (Get-CustomerLockboxTemplate -Event requestArrived -Language en | Out-String -Width 80).Split("`n").TrimEnd() | Where-Object { $_ }
    Assert-Match $lines[0] '^Event +Language Html Subject'
    Assert-Match $lines[2] '^requestArrived +en +no +\{\{ request\.requestId \}\} waits$'
}
It 'a reader sees them and may change nothing' {
    Connect-As reader
    Assert-Equal @(Get-CustomerLockboxTemplate).Count 3
    foreach ($way in { Set-CustomerLockboxTemplate @which @parts }, { Set-CustomerLockboxTemplate @which @parts -WhatIf }, { Remove-CustomerLockboxTemplate @which }) {
        $null = Assert-Throws $way 'is not recognized'
    }
    Connect-As engineer
    $null = Assert-Throws { Get-CustomerLockboxTemplate -Event requestArrived -Language en } "The term 'Get-CustomerLockboxTemplate' is not recognized"
}
It 'Remove- removes what is piped, each for itself' {
    Connect-As admin
    Get-CustomerLockboxTemplate | Remove-CustomerLockboxTemplate -WhatIf 6>$null
    Assert-Equal (Get-Texts).templates.Count 3
    $null = Assert-Throws { Remove-CustomerLockboxTemplate -Event requestArrived -Language $missing -ErrorAction Stop } 'LockboxUsage'
    # One that is not there, and one that names nothing, do not keep the others.
    $piped = @([pscustomobject]@{ Event = 'requestArrived'; Language = 'ja' }; [pscustomobject]@{ Event = 'requestArrived'; Language = '' }; Get-CustomerLockboxTemplate -Language de)
    $output = $piped | Remove-CustomerLockboxTemplate -ErrorAction SilentlyContinue -ErrorVariable failed
    Assert-Equal @($output).Count 0
    Assert-Equal @($failed.FullyQualifiedErrorId -replace ',.*') @('LockboxNotFound', 'LockboxUsage')
    Assert-Equal "$($failed[0].TargetObject)" 'requestArrived/ja'
    Assert-Equal @((Get-Texts).templates | ForEach-Object { "$($_.event)/$($_.language)" }) @('requestArrived/en')
    Remove-CustomerLockboxTemplate -Event requestarrived -Language en
    Assert-Equal (Get-Texts).templates.Count 0
    $null = Assert-Throws { Remove-CustomerLockboxTemplate @which -ErrorAction Stop } 'LockboxNotFound'
}
Complete-Tests
