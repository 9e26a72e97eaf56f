function Wait-LockboxTask {
    # Waits for a .NET task in short steps: between them PowerShell sees Ctrl-C. Never throws.
    param([Parameter(Mandatory = $true)][System.Threading.Tasks.Task]$Task)
    $tasks = [System.Threading.Tasks.Task[]]@($Task)
    while (-not $Task.IsCompleted) {
        $null = [System.Threading.Tasks.Task]::WaitAny($tasks, 100)
    }
    $true
}
