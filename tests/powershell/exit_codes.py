"""What CI sees: $?, the exit code, and whether the next line runs, for each way to fail and to start."""
import subprocess
from concurrent.futures import ThreadPoolExecutor

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
# Looking for the command in every module on the path would take longer than all the rest.
IMPORT = "Import-Module CustomerLockbox\n"
# The exit code where the failing line is the last one: only -Command looks at it.
LAST_LINE = {"-File": 0, "-Command": 1}


def count():
    return len(CASES) * len(STARTS) * len(EXPECTED) + len(LAST_LINE)


def start(pwsh, how, script, environment):
    arguments = {
        "-File": ["-File", str(script)],
        "-Command": ["-Command", script.read_text(encoding="utf-8-sig")],
        "& script": ["-Command", f"& '{script}'; 'after script'"],
    }[how]
    return subprocess.run([pwsh, "-NoProfile", "-NonInteractive", *arguments], env=environment,
                          capture_output=True, text=True, timeout=60)


def new_request(server, tenant, **more):
    made = server.call(tenant["engineer"], "request.submit", tenant=tenant["tenant"], serviceName="Exchange", reason="table",
                       serviceRequestNumber="T-1", **more)["request"]
    return server.call(tenant["manager"], "request.review", requestId=made["identity"], decision="Approve")["request"]


def cell(pwsh, server, tenant, root, case, how, preference):
    """One cell of the table: what was not as expected, as text."""
    goes_on, question, code = EXPECTED[preference]
    line = CASES[case]
    first, last = new_request(server, tenant), new_request(server, tenant)
    place = root / f"exit-{first['requestId']}"
    place.mkdir()
    csv, script = place / "items.csv", place / "table.ps1"
    csv.write_text(f"RequestId\n{first['requestId']}\nEXSR999999\n{last['requestId']}\n")
    script.write_text(f"{IMPORT}$ErrorActionPreference = '{preference}'\n{line.format(csv=csv, other=last['requestId'])}\n"
                      f"\"next line, question $?\"\n", encoding="utf-8-sig")
    more = {} if case == "no connection" else {"LOCKBOX_URL": server.url, "LOCKBOX_TOKEN": tenant["admin"]}
    done = start(pwsh, how, script, pwsh_environment(root / "exit-home", **more))
    states = [server.call(tenant["admin"], "request.get", requestId=r["identity"])["request"]["state"] for r in (first, last)]
    faults = []
    if done.returncode != code:
        faults.append(f"exit code {done.returncode}, not {code}")
    if goes_on and f"next line, question {question}" not in done.stdout:
        faults.append(f"expected the next line with question {question}, got {done.stdout!r}")
    if not goes_on and ("next line" in done.stdout or "after script" in done.stdout):
        faults.append(f"a line behind the error ran: {done.stdout!r}")
    if case == "one of three items" and preference == "Continue" and states != ["Denied", "Denied"]:
        faults.append(f"the other two are {states}")
    if case == "-Confirm" and (states[1] != "Pending" or "-Confirm:$false" not in done.stderr + done.stdout):
        faults.append(f"the request is {states[1]}")
    for request, state in zip((first, last), states):
        if state == "Pending":  # frees the engineer's places in the queue
            server.call(tenant["admin"], "request.decide", requestId=request["identity"], decision="Deny")
    return "; ".join(faults) + (f"\n{done.stderr[-600:]}" if faults else "")


def last_line(pwsh, server, tenant, root, how):
    """The exit code where nothing follows the failing line."""
    script = root / f"last{how}.ps1"
    script.write_text(IMPORT + CASES["one failure"], encoding="utf-8-sig")
    done = start(pwsh, how, script, pwsh_environment(root / "exit-home", LOCKBOX_URL=server.url, LOCKBOX_TOKEN=tenant["admin"]))
    return "" if done.returncode == LAST_LINE[how] else f"exit code {done.returncode}, not {LAST_LINE[how]}"


def run(pwsh, server, root, report):
    (root / "exit-home").mkdir()
    tenant = server.customer("ExitCodes")
    # Two at a time: each holds two of the five requests that an engineer may have pending.
    with ThreadPoolExecutor(2) as pool:
        cells = {f"{case}, {how}, {preference}": pool.submit(cell, pwsh, server, tenant, root, case, how, preference)
                 for case in CASES for how in STARTS for preference in EXPECTED}
        cells |= {f"a failing last line, {how}": pool.submit(last_line, pwsh, server, tenant, root, how) for how in LAST_LINE}
        for name, future in cells.items():
            report(name, future.result())
