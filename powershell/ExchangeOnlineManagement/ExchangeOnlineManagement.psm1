# Opt-in: it is found only where you put its folder on PSModulePath, beside CustomerLockbox, which it
# requires and which has the commands. This state belongs to its runspace, as the connection does.
$script:ShimState = @{
    # Its commands are called inside it: from outside, an import under a prefix takes their names away.
    Module     = Get-Module -Name CustomerLockbox
    Connection = $null
    Prefix     = ''
    Count      = 0
}

foreach ($folder in 'Private', 'Public') {
    foreach ($file in [System.IO.Directory]::GetFiles((Join-Path -Path $PSScriptRoot -ChildPath $folder), '*.ps1')) {
        . $file
    }
}
