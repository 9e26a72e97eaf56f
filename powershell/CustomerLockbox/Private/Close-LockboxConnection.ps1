function Close-LockboxConnection {
    # Lets go of the HTTP client of a connection that nobody will use again.
    param([AllowNull()][hashtable]$Connection)
    if ($null -ne $Connection -and $null -ne $Connection.Client) {
        $Connection.Client.Dispose()
        $Connection.Client = $null
    }
}
