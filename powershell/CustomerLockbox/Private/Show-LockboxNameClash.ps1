function Show-LockboxNameClash {
    # Other modules have commands of our documented names, and the last import wins silently. Says,
    # once per set of names, who hides whom: at import, and again when a connection is made, because
    # the other module may have come later.
    param(
        [switch]$Importing,
        [System.Management.Automation.PSCmdlet]$Cmdlet
    )
    $own = $ExecutionContext.SessionState.Module
    $ours = [System.IO.Directory]::GetFiles((Join-Path -Path $own.ModuleBase -ChildPath 'Public'), '*.ps1') |
        ForEach-Object -Process { [System.IO.Path]::GetFileNameWithoutExtension($_) } | Sort-Object
    $caller = $null
    if (-not $Importing) {
        if ($ours -notcontains $Cmdlet.MyInvocation.MyCommand.Name) {
            # Imported under a prefix: our names are other names.
            return
        }
        # What a name means is asked where the caller stands; inside the module it would always be ours.
        $caller = [System.Management.Automation.PSModuleInfo]::new($false)
        $caller.SessionState = $Cmdlet.SessionState
    }
    $hiding = @{}
    $hidden = @{}
    foreach ($module in (Get-Module)) {
        if ($module.Name -eq $own.Name) { continue }
        foreach ($name in $ours) {
            if (-not $module.ExportedCommands.ContainsKey($name)) { continue }
            $winner = $own.Name
            if ($null -ne $caller) {
                $winner = & $caller { param($Name) (Microsoft.PowerShell.Core\Get-Command -Name $Name -ErrorAction Ignore).ModuleName } $name
            }
            if ($winner -eq $module.Name) { $hidden[$module.Name] = @($hidden[$module.Name]) + $name }
            elseif ($winner -eq $own.Name) { $hiding[$module.Name] = @($hiding[$module.Name]) + $name }
        }
    }
    foreach ($entry in $hiding.GetEnumerator()) {
        $names = ($entry.Value | Where-Object -FilterScript { $_ }) -join ', '
        Show-LockboxClashOnce -Key "hiding $($entry.Key) $names" -Message ("CustomerLockbox hides these commands of the module $($entry.Key): $names. " +
            "Call them as $($entry.Key)\<name>, or import ours with Import-Module CustomerLockbox -Prefix Lockbox.")
    }
    foreach ($entry in $hidden.GetEnumerator()) {
        $names = ($entry.Value | Where-Object -FilterScript { $_ }) -join ', '
        Show-LockboxClashOnce -Key "hidden $($entry.Key) $names" -Message ("The module $($entry.Key) hides these commands of CustomerLockbox: $names. " +
            'Call ours as CustomerLockbox\<name>, or import them with Import-Module CustomerLockbox -Prefix Lockbox.')
    }
}

function Show-LockboxClashOnce {
    param([string]$Key, [string]$Message)
    if (-not $script:LockboxState.ShownClashes.ContainsKey($Key)) {
        $script:LockboxState.ShownClashes[$Key] = $true
        Write-Warning -Message $Message
    }
}
