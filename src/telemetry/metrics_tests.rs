use super::*;

/// Every metric with everything that can be counted counted once.
fn touched() -> Metrics {
    let metrics = Metrics::default();
    metrics.started(1_500);
    metrics.ready(true);
    metrics.call("system.info", "ok", Duration::from_millis(3));
    metrics.batch(2);
    metrics.response("/rpc", 200);
    drop(metrics.connection("tcp"));
    metrics.authentication_failed();
    metrics.decision("Denied", "robot");
    metrics.request_ended("Denied");
    metrics.hook_run("business-hours", "deny");
    metrics.requests("Pending", 3, Some(90_500));
    metrics.grants_active(1);
    metrics.audit_records(4);
    metrics.outbox(5);
    metrics.group(6, Duration::from_millis(2));
    metrics.synced(Duration::from_millis(1));
    metrics.queue(Lane::Callers, 7, 1_024);
    metrics.queue(Lane::Background, 8, 1_024);
    metrics.disk(9, 10);
    metrics.clock_behind(11_000);
    metrics
}

/// Names with their labels' keys, and types: what dashboards and alerts of others rest on.
fn vocabulary(text: &str) -> String {
    let mut lines: Vec<String> = text
        .lines()
        .filter_map(|line| match line.strip_prefix("# TYPE ") {
            Some(kind) => Some(format!("# {kind}")),
            None if line.starts_with('#') => None,
            None => {
                let (name, rest) = line.split_once(['{', ' '])?;
                let keys: Vec<&str> = if line.contains('{') {
                    rest.split("\",")
                        .filter_map(|pair| Some(pair.split_once('=')?.0))
                        .collect()
                } else {
                    Vec::new()
                };
                Some(format!("{name} {}", keys.join(",")).trim_end().to_owned())
            }
        })
        .collect();
    lines.sort();
    lines.dedup();
    lines.join("\n") + "\n"
}

#[test]
fn names_and_labels_are_as_written_down() {
    let found = vocabulary(&touched().text(Format::OpenMetrics));
    let written = include_str!("../../tests/golden/metrics.txt");
    assert_eq!(
        found, written,
        "renaming a metric breaks other people's dashboards:\n{found}"
    );
}

#[test]
fn values_are_in_base_units() {
    let text = touched().text(Format::OpenMetrics);
    for line in [
        "lockbox_start_time_seconds 1.5",
        "lockbox_request_deadline_seconds{state=\"Pending\"} 90.5",
        "lockbox_clock_behind_seconds 11.0",
        "lockbox_call_duration_seconds_sum{method=\"system.info\"} 0.003",
        "lockbox_connections{via=\"tcp\"} 0",
        "lockbox_requests{state=\"Pending\"} 3",
        "lockbox_writer_failures_total{at=\"commit\"} 0",
        "lockbox_http_responses_total{path=\"/rpc\",status=\"200\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn what_could_not_be_read_is_left_out() {
    let metrics = touched();
    metrics.scrape_failed();
    let text = metrics.text(Format::OpenMetrics);
    assert!(!text.contains("state=\"Pending\""), "{text}");
    assert!(text.contains("lockbox_scrape_failures_total 1"));
    metrics.requests("Pending", 0, None);
    let text = metrics.text(Format::OpenMetrics);
    assert!(text.contains("lockbox_requests{state=\"Pending\"} 0"));
    assert!(!text.contains("deadline_seconds{"), "no deadline is no 0");
}

#[test]
fn an_open_connection_counts_until_it_ends() {
    let metrics = Metrics::default();
    let open = metrics.connection("unix");
    assert!(
        metrics
            .text(Format::Plain)
            .contains("lockbox_connections{via=\"unix\"} 1")
    );
    drop(open);
    assert!(
        metrics
            .text(Format::Plain)
            .contains("lockbox_connections{via=\"unix\"} 0")
    );
}

#[test]
fn the_older_format_names_counters_whole() {
    assert_eq!(
        plain(
            "# HELP a Some help.\n# TYPE a counter\na_total{x=\"# EOF\"} 1\n# HELP b Help.\n# TYPE b gauge\nb 2\n# EOF\n"
        ),
        "# HELP a_total Some help.\n# TYPE a_total counter\na_total{x=\"# EOF\"} 1\n# HELP b Help.\n# TYPE b gauge\nb 2\n"
    );
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5";
    assert_eq!(Format::wanted(prometheus), Format::OpenMetrics);
    assert_eq!(Format::wanted("*/*"), Format::Plain);
}
