function Read-LockboxStream {
    # The data of the next event of a stream; '' where none has come in this time, and nothing where
    # the stream has ended. Notes the id of what has come. It waits in short steps, for Ctrl-C.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Stream,
        [Parameter(Mandatory = $true)][timespan]$Limit
    )
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($true) {
        $end = $Stream.Text.IndexOf("`n`n", [System.StringComparison]::Ordinal)
        if ($end -ge 0) {
            $block = $Stream.Text.Substring(0, $end)
            $Stream.Text = $Stream.Text.Substring($end + 2)
            $data = ''
            foreach ($line in $block.Split("`n")) {
                if ($line.StartsWith('id: ', [System.StringComparison]::Ordinal)) { $Stream.Id = $line.Substring(4) }
                if ($line.StartsWith('data: ', [System.StringComparison]::Ordinal)) { $data = $line.Substring(6) }
            }
            if ($data -ne '') { return $data }
            continue
        }
        if ($null -eq $Stream.Reading) {
            $Stream.Reading = $Stream.Body.ReadAsync($Stream.Buffer, 0, $Stream.Buffer.Length, $Stream.Cancel.Token)
        }
        $tasks = [System.Threading.Tasks.Task[]]@($Stream.Reading)
        while (-not $Stream.Reading.IsCompleted) {
            if ($watch.Elapsed -ge $Limit) { return '' }
            $null = [System.Threading.Tasks.Task]::WaitAny($tasks, 100)
        }
        $task = $Stream.Reading
        $Stream.Reading = $null
        if ($task.IsFaulted -or $task.IsCanceled -or $task.Result -eq 0) {
            return
        }
        $letters = [char[]]::new($task.Result + 4)
        $count = $Stream.Decoder.GetChars($Stream.Buffer, 0, $task.Result, $letters, 0)
        $Stream.Text += [string]::new($letters, 0, $count)
    }
}
