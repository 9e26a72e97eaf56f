# One file per function: Public/ holds what the manifest exports, Private/ what only they use.
# A module is loaded once per runspace, so this state, the connection included, belongs to its runspace.
$script:LockboxState = @{
    Connection            = $null
    EnvironmentConnection = $null
    ShownClashes          = @{}
}

foreach ($folder in 'Private', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles((Join-Path -Path $PSScriptRoot -ChildPath $folder), '*.ps1')) {
        . $file
    }
}

# Under a prefix our names differ from everybody else's, so there is nothing to warn about.
if ($MyInvocation.Line -notmatch '(?i)\s-Pre\w*') {
    Show-LockboxNameClash -Importing
}
