function ConvertTo-LockboxTemplate {
    # An own text of the wire as the object that people and scripts see.
    param([Parameter(Mandatory = $true)][object]$Template)
    [pscustomobject]@{
        PSTypeName = 'CustomerLockbox.Template'
        Event      = $Template.event
        Language   = $Template.language
        Subject    = $Template.subject
        Text       = $Template.text
        Html       = $Template.html
    }
}
