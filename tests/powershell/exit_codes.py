"""What CI sees: $?, the exit code, and whether the next line runs, for each way to fail and to start."""
import subprocess
from pathlib import Path

from daemon import pwsh_environment

# Each case ends in the line that fails; `$q` is what the caller finds in $? behind it.
CASES = {
    "one failure": "Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId EXSR999999",
    "one of three items": "Import-Csv {csv} | Set-AccessToCustomerDataRequest -ApprovalDecision Deny",
    "no connection": "Get-AccessToCustomerDataRequest",
    "-Confirm": "Set-AccessToCustomerDataRequest -ApprovalDecision Deny -RequestId {other} -Confirm",
}
# With Continue a failing command is seen in $? only; with Stop nothing behind it runs. Columns: does the
# next line run, what $? says there, the exit code where another line follows, and where none does.
EXPECTED = {"Continue": (True, "False", 0), "Stop": (False, None, 1)}
STARTS = ["-File", "-Command", "& script"]
# A script's last line decides under -Command only; -File goes on to its end.
LAST_LINE = {("-File", "Continue"): 0, ("-Command", "Continue"): 1, ("& script", "Continue"): 0,
             ("-File", "Stop"): 1, ("-Command", "Stop"): 1, ("& script", "Stop"): 1}


def count():
    return len(CASES) * len(STARTS) * len(EXPECTED) + 2


def start(pwsh, how, script, environment):
    arguments = {
        "-File": ["-File", str(script)],
        "-Command": ["-Command", script.read_text(encoding="utf-8-sig")],
        "& script": ["-Command", f"& '{script}'; 'after script'"],
    }[how]
    return subprocess.run([pwsh, "-NoProfile", "-NonInteractive", *arguments], env=environment,
                          capture_output=True, text=True, timeout=60)


def new_request(server, provider, tenant, **more):
    made = server.call(tenant["engineer"], "request.submit", tenant=tenant["tenant"], serviceName="Exchange", reason="table",
                       serviceRequestNumber="T-1", **more)["request"]
    return server.call(provider["manager"], "request.review", requestId=made["identity"], decision="Approve")["request"]


def run(pwsh, server, provider, root, report):
    tenant = server.customer("ExitCodes")
    home = root / "exit-home"
    home.mkdir()
    for case, line in CASES.items():
        for how in STARTS:
            for preference, (goes_on, question, code) in EXPECTED.items():
                name = f"{case}, {how}, {preference}"
                first, last = new_request(server, provider, tenant), new_request(server, provider, tenant)
                csv = root / "items.csv"
                csv.write_text(f"RequestId\n{first['requestId']}\nEXSR999999\n{last['requestId']}\n")
                script = root / "table.ps1"
                script.write_text(f"$ErrorActionPreference = '{preference}'\n{line.format(csv=csv, other=last['requestId'])}\n"
                                  f"\"next line, question $?\"\n", encoding="utf-8-sig")
                more = {} if case == "no connection" else {"LOCKBOX_URL": server.url, "LOCKBOX_TOKEN": tenant["admin"]}
                done = start(pwsh, how, script, pwsh_environment(home, **more))
                expected_output = f"next line, question {question}" if goes_on else ""
                faults = []
                if done.returncode != code:
                    faults.append(f"exit code {done.returncode}, not {code}")
                if (expected_output not in done.stdout) or (not goes_on and "next line" in done.stdout):
                    faults.append(f"expected {expected_output or 'no next line'!r}, got {done.stdout!r}")
                if "after script" in done.stdout and not goes_on:
                    faults.append("the caller of the script went on")
                if case == "one of three items" and preference == "Continue":
                    states = [server.call(tenant["admin"], "request.get", requestId=r["identity"])["request"]["state"] for r in (first, last)]
                    if states != ["Denied", "Denied"]:
                        faults.append(f"the other two are {states}")
                if case == "-Confirm":
                    state = server.call(tenant["admin"], "request.get", requestId=last["identity"])["request"]["state"]
                    if state != "Pending" or "-Confirm:$false" not in done.stderr + done.stdout:
                        faults.append(f"the request is {state}; {done.stderr[-300:]}")
                report(name, "; ".join(faults) + (f"\n{done.stderr[-600:]}" if faults else ""))
                for request in (first, last):
                    settle(server, tenant, request)
    ends(pwsh, server, tenant, root, home, report)


def ends(pwsh, server, tenant, root, home, report):
    """The exit code where the failing line is the last one."""
    script = root / "last.ps1"
    script.write_text(CASES["one failure"], encoding="utf-8-sig")
    environment = pwsh_environment(home, LOCKBOX_URL=server.url, LOCKBOX_TOKEN=tenant["admin"])
    for how in ("-File", "-Command"):
        done = start(pwsh, how, script, environment)
        expected = LAST_LINE[how, "Continue"]
        report(f"a failing last line, {how}", "" if done.returncode == expected else f"exit code {done.returncode}, not {expected}")


def settle(server, tenant, request):
    """Frees the engineer's places in the queue."""
    if server.call(tenant["admin"], "request.get", requestId=request["identity"])["request"]["state"] == "Pending":
        server.call(tenant["admin"], "request.decide", requestId=request["identity"], decision="Deny")
