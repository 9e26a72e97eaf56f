//! The PowerShell module: its import, a warm call, and a large pull of audit records.

use crate::machine::scaled;
use crate::report::{Aim, Report};
use crate::servers::Server;
use crate::worlds::Worlds;
use std::path::Path;
use std::process::Command;

const SCRIPT: &str = r#"
$ErrorActionPreference = 'Stop'
$watch = [System.Diagnostics.Stopwatch]::StartNew()
Import-Module $env:BENCH_MODULE
'import ' + $watch.Elapsed.TotalSeconds
Connect-CustomerLockbox -Url $env:LOCKBOX_URL | Out-Null
$times = foreach ($n in 1..21) {
    $watch.Restart()
    $null = Get-AccessToCustomerDataRequest -RequestId $env:BENCH_REQUEST
    $watch.Elapsed.TotalMilliseconds
}
'get ' + ($times | Sort-Object)[10]
$watch.Restart()
$count = 0
do {
    $page = @(Search-UnifiedAuditLog -StartDate ([datetime]::UtcNow.AddDays(-60)) -EndDate ([datetime]::UtcNow.AddDays(1)) -SessionId pull -SessionCommand ReturnLargeSet -ResultSize 5000)
    $count += $page.Count
} while ($page.Count -eq 5000 -and $count -lt [int]$env:BENCH_RECORDS)
'pull ' + $watch.Elapsed.TotalSeconds
'count ' + $count
"#;

pub async fn run(worlds: &mut Worlds, report: &mut Report) {
    let pwsh = std::env::var("LOCKBOX_PWSH").unwrap_or_else(|_| "pwsh".to_owned());
    if Command::new(&pwsh).arg("-Version").output().is_err() {
        println!("There is no pwsh (see LOCKBOX_PWSH), so PowerShell is left out.");
        return;
    }
    let world = worlds.world("one tenant").await;
    let daemon = Server::daemon(&world.dir);
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("powershell/CustomerLockbox");
    let records = scaled(50_000);
    let output = Command::new(&pwsh)
        .args(["-NoProfile", "-NonInteractive", "-Command", SCRIPT])
        .env("BENCH_MODULE", module)
        .env("BENCH_RECORDS", records.to_string())
        .env("BENCH_REQUEST", world.past[7].1.to_string())
        .env("LOCKBOX_URL", format!("http://{}", daemon.address))
        .env("LOCKBOX_TOKEN", &world.tenants[0].admin.token)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let figure = |name: &str| -> f64 {
        text.lines()
            .filter_map(|line| line.split_once(' '))
            .find(|(word, _)| *word == name)
            .and_then(|(_, number)| number.trim().parse().ok())
            .unwrap_or_else(|| {
                panic!(
                    "no {name} in: {text}{}",
                    String::from_utf8_lossy(&output.stderr)
                )
            })
    };
    assert!(figure("count") >= records as f64, "{text}");
    report.value("PowerShell: import", figure("import"), "s", Aim::Below(0.3));
    report.value(
        "PowerShell: one warm Get",
        figure("get"),
        "ms",
        Aim::Below(50.0),
    );
    report.value(
        "PowerShell: 50 000 records fetched and shaped",
        figure("pull"),
        "s",
        Aim::Below(3.0),
    );
    report.value(
        "PowerShell: daemon memory after",
        daemon.resident(),
        "MB",
        Aim::Below(64.0),
    );
}
