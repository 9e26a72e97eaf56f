#!/usr/bin/env python3
"""Holds what contrib/ gives to Prometheus and Grafana against promtool and a running daemon.

A demo runs, and its /metrics is the measure: a metric that a panel or an alert names must be there.
promtool is found through LOCKBOX_PROMTOOL, on the PATH, or where tests/run.sh unpacks it; where there
is none its checks are counted as skipped. Ends with one line `N passed, N failed, N skipped`.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("LOCKBOXD") or REPO / "target" / "debug" / "lockboxd")
UNPACKED = REPO / "target" / "prometheus" / "usr" / "bin" / "promtool"
PROMETHEUS = REPO / "contrib" / "prometheus"
NAME = re.compile(r"\blockbox_\w+")
DEADLINE = 120


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def check(self, name, fault=""):
        if fault:
            self.failed += 1
            print(f"FAILED {name}\n    {fault}", flush=True)
        else:
            self.passed += 1


def scrape(address, accept):
    asked = urllib.request.Request(f"http://{address}/metrics", headers={"Accept": accept})
    with urllib.request.urlopen(asked, timeout=DEADLINE) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def live():
    """The metrics of a demo that has told its story, in both formats."""
    with tempfile.TemporaryDirectory(prefix="lockbox-contrib-") as root:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("LOCKBOX")}
        demo = subprocess.Popen([BINARY, "demo", "--data-dir", f"{root}/data", "--listen", "127.0.0.1:0"], text=True,
                                env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        said = []
        signal.alarm(DEADLINE)
        try:
            for line in demo.stdout:
                said.append(line)
                if "Serving until" in line:
                    break
            address = re.search(r"http://(127\.0\.0\.1:\d+)/rpc", "".join(said))
            if not address:
                raise RuntimeError("the demo named no address:\n" + "".join(said))
            return scrape(address.group(1), "*/*"), scrape(address.group(1), "application/openmetrics-text")
        finally:
            signal.alarm(0)
            demo.send_signal(signal.SIGINT)
            demo.wait(30)


def alerts():
    """Alerts with their expressions, and how many there are (YAML is no part of Python)."""
    text = (PROMETHEUS / "alerts.yml").read_text("utf-8")
    rules = dict(re.findall(r"- alert: (\w+)\n\s+expr: (?:>-\n)?(.*?)\n\s+(?:for|labels):", text, re.S))
    return rules, text.count("- alert:")


def panels():
    board = json.loads((REPO / "contrib" / "grafana" / "lockbox.json").read_text("utf-8"))
    return board, [panel for panel in board["panels"] if panel["type"] != "row"]


def names(expression):
    """The metrics that an expression names; a histogram's parts count as they are."""
    return set(NAME.findall(expression))


def check_names(tally, text):
    there = set(re.findall(r"^(lockbox_\w+)", text, re.M))
    rules, count = alerts()
    tally.check("alerts are found", "" if len(rules) == count > 5 else f"only {sorted(rules)}")
    tests = (PROMETHEUS / "alerts_test.yml").read_text("utf-8")
    for name, expression in rules.items():
        missing = names(expression) - there
        tally.check(f"alert {name} names metrics that there are", f"not in the scrape: {sorted(missing)}" if missing else "")
        fires = re.search(rf"alertname: {name}\n\s+exp_alerts:\n\s+- exp_labels", tests)
        quiet = re.search(rf"alertname: {name}, exp_alerts: \[\]", tests)
        tally.check(f"alert {name} is tested, firing and quiet", "" if fires and quiet else "alerts_test.yml lacks it")
    board, shown = panels()
    for panel in shown:
        asked = [target["expr"] for target in panel["targets"]]
        missing = set().union(*map(names, asked)) - there
        fault = f"not in the scrape: {sorted(missing)}" if missing else "" if asked and names(asked[0]) else "it asks nothing"
        tally.check(f"panel {panel['title']} names metrics that there are", fault)
    ids = [panel["id"] for panel in board["panels"]]
    tally.check("panels have ids of their own", "" if len(ids) == len(set(ids)) else f"{ids}")
    used = set().union(*(names(target["expr"]) for panel in shown for target in panel["targets"]))
    whole = {re.sub(r"_(bucket|sum|count)$", "", name) for name in there} - {"lockbox_build_info"}
    unused = whole - {re.sub(r"_(bucket|sum|count)$", "", name) for name in used}
    tally.check("every metric is on the dashboard", f"missing: {sorted(unused)}" if unused else "")


def run(tally, name, command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=DEADLINE, cwd=PROMETHEUS)
    tally.check(name, "" if done.returncode == 0 else f"exit code {done.returncode}: {done.stdout}{done.stderr}")


def check_promtool(tally, promtool, text):
    run(tally, "promtool check rules", [promtool, "check", "rules", "alerts.yml"])
    run(tally, "promtool test rules", [promtool, "test", "rules", "alerts_test.yml"])
    run(tally, "promtool check config", [promtool, "check", "config", "prometheus.yml"])
    run(tally, "promtool check metrics", [promtool, "check", "metrics"], text)
    # Whether the dashboard's expressions can be read is asked by way of recording rules.
    rules = [{"record": f"panel:{panel['id']}:{target['refId']}",
              "expr": target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")}
             for panel in panels()[1] for target in panel["targets"]]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
        file.flush()
        run(tally, "promtool reads the dashboard's expressions", [promtool, "check", "rules", "--lint=none", file.name])


def on_alarm(_number, _frame):
    raise TimeoutError


def main():
    signal.signal(signal.SIGALRM, on_alarm)
    tally = Tally()
    (plain_type, plain), (open_type, open_text) = live()
    tally.check("plain format", "" if plain_type.startswith("text/plain; version=0.0.4") and "# EOF" not in plain else plain_type)
    sound = open_type.startswith("application/openmetrics-text; version=1.0.0") and open_text.endswith("# EOF\n")
    tally.check("OpenMetrics format", "" if sound else open_type)
    check_names(tally, plain)
    promtool = os.environ.get("LOCKBOX_PROMTOOL") or shutil.which("promtool") or (UNPACKED.exists() and str(UNPACKED))
    if promtool:
        check_promtool(tally, promtool, plain)
    else:
        tally.skipped += 5
        print("no promtool: install Debian's package prometheus, or set LOCKBOX_PROMTOOL")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
