function Read-LockboxWebhookChange {
    # What a command says of a webhook, as params; failures stand among them.
    param([Parameter(Mandatory = $true)][System.Collections.IDictionary]$Bound)
    $params = @{}
    foreach ($name in 'Name', 'Url') {
        if ($Bound.ContainsKey($name)) { $params[$name.ToLowerInvariant()] = ConvertTo-LockboxName -Value $Bound[$name] -Name $name }
    }
    if ($Bound.ContainsKey('Format')) {
        $params['format'] = ConvertTo-LockboxWord -Value $Bound['Format'] -Name 'Format' -Words (Get-LockboxWord -Name 'WebhookFormat')
    }
    if ($Bound.ContainsKey('Event')) {
        $events = @(foreach ($text in $Bound['Event']) { ConvertTo-LockboxWord -Value $text -Name 'Event' })
        $params['events'] = $events
        foreach ($one in $events) {
            if (Test-LockboxFault $one) { $params['events'] = $one }
        }
    }
    if ($Bound.ContainsKey('Paused')) { $params['paused'] = [bool]$Bound['Paused'] }
    $params
}
