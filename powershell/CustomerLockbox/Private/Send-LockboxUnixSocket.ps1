function Send-LockboxUnixSocket {
    # Invoke-WebRequest can be stopped at any moment by itself. Its bytes are decoded here, because
    # it would guess a character set.
    param(
        [Parameter(Mandatory = $true)][hashtable]$Connection,
        [Parameter(Mandatory = $true)][string]$Text
    )
    if ($PSVersionTable.PSEdition -eq 'Core') {
        $ProgressPreference = 'SilentlyContinue'
        $call = @{
            Uri                = 'http://localhost/rpc'
            UnixSocket         = $Connection.Socket
            Method             = 'Post'
            Body               = [System.Text.UTF8Encoding]::new($false).GetBytes($Text)
            ContentType        = 'application/json; charset=utf-8'
            Headers            = @{}
            TimeoutSec         = 300
            SkipHttpErrorCheck = $true
            UseBasicParsing    = $true
            Verbose            = $false
            ErrorAction        = 'Stop'
        }
        if ($Connection.Token -ne '') {
            $call.Headers['Authorization'] = "Bearer $($Connection.Token)"
        }
        try {
            $response = Microsoft.PowerShell.Utility\Invoke-WebRequest @call
        }
        catch {
            $null = $global:Error.Remove($_)
            $fault = $_.Exception.GetBaseException().Message
            return New-LockboxTransportError -Connection $Connection -Message $fault
        }
        $answer = [System.Text.Encoding]::UTF8.GetString($response.RawContentStream.ToArray())
        if ($response.StatusCode -ne 200) {
            $fault = 'it answered HTTP {0}: {1}' -f [int]$response.StatusCode, $answer
            return New-LockboxTransportError -Connection $Connection -Message $fault
        }
        return $answer
    }
    Get-LockboxUnixSocketFault
}
