function ConvertTo-LockboxRpcError {
    # The daemon's error as an ErrorRecord: its code decides category and reach, and every detail it
    # told stands in Exception.Data.
    param([Parameter(Mandatory = $true)][object]$RpcError)
    $code = 'rpcError'
    $message = [string]$RpcError.message
    $remedy = ''
    $details = @{ rpcCode = $RpcError.code }
    if ($null -ne $RpcError.PSObject.Properties['data'] -and $null -ne $RpcError.data) {
        foreach ($property in $RpcError.data.PSObject.Properties) {
            $value = $property.Value
            if ($null -ne $value -and -not ($value -is [string] -or $value -is [System.ValueType])) {
                # .NET Framework takes serializable values only.
                $value = Microsoft.PowerShell.Utility\ConvertTo-Json -InputObject $value -Depth 20 -Compress
            }
            $details[$property.Name] = $value
        }
        if ($details['code']) { $code = [string]$details['code'] }
        if ($details['message']) { $message = [string]$details['message'] }
        if ($details['remedy']) { $remedy = [string]$details['remedy'] }
    }
    $class = Get-LockboxErrorClass -Code $code
    # A wrong id is the fault of that one item.
    $terminating = $class.Terminating -and -not ($code -eq 'invalidParams' -and $details['pointer'] -eq '/requestId')
    New-LockboxError -Code $code -Message $message -Remedy $remedy -Category $class.Category -Terminating:$terminating -Detail $details
}
