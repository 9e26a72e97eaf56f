# Stands for the customers' other module: some of its commands have the names of ours.
function Search-UnifiedAuditLog { 'theirs' }
function Get-OrganizationConfig { 'theirs' }
function Set-OrganizationConfig { 'theirs' }
function Get-Mailbox { 'theirs' }
Export-ModuleMember -Function Search-UnifiedAuditLog, Get-OrganizationConfig, Set-OrganizationConfig, Get-Mailbox
