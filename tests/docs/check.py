#!/usr/bin/env python3
"""Runs what the README tells people to paste. Ends with one line `N passed, N failed, N skipped`.

Every bash and powershell block of the README is followed by a comment: `<!-- shows: A | B -->` runs it,
in the page's order and as it stands, and looks for A and B in its output; `<!-- not run: WHY -->` does
not. The blocks of one language share a session; powershell sees what bash exported. The toml block,
marked `<!-- config -->`, is given to check-config and held against the schema. The PowerShell lines
that the demo prints are run as printed. Without a pwsh these are counted as skipped, and with
LOCKBOX_REQUIRE_PWSH=1 as a failure. The only changes: ports 8420 and 8443 become free ones, and
certificates of the configuration stand in a directory of the test.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("LOCKBOXD") or REPO / "target" / "debug" / "lockboxd")
DEADLINE = 180
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:<!-- (.*?) -->)?", re.M | re.S)


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def check(self, name, fault=""):
        if fault:
            self.failed += 1
            print(f"FAILED {name}\n    {fault}", flush=True)
        else:
            self.passed += 1


class Session:
    """A shell that is fed block by block, so that its state lasts."""

    def __init__(self, command, ending, where, environment):
        self.ending = ending
        self.process = subprocess.Popen(command, cwd=where, env=environment, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)

    def run(self, block):
        """The output of a block, and what went wrong."""
        lines = []
        signal.alarm(DEADLINE)
        try:
            self.process.stdin.write(self.ending(block))
            self.process.stdin.flush()
            for line in self.process.stdout:
                if (end := re.search(r"@@end (.*)@@", line)):
                    return "".join(lines), "" if end.group(1) == "ok" else f"it failed with {end.group(1)}"
                lines.append(line)
            return "".join(lines), "the shell ended"
        except BrokenPipeError:
            return "", "the shell ended at an earlier block"
        except TimeoutError:
            return "".join(lines), f"no end after {DEADLINE} s"
        finally:
            signal.alarm(0)

    def close(self):
        """Ends the shell and what it left behind (a daemon), and nothing else."""
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def bash(where, environment):
    # The block is read as a whole before it runs, as a pasted one is; the first failure counts.
    def ending(block):
        return (f"read -r -d '' BLOCK << '@@block@@'\n{block}@@block@@\n"
                "set -eE; trap 'echo \"@@end $?: $BASH_COMMAND@@\"; exit' ERR; eval \"$BLOCK\" < /dev/null; trap - ERR; set +eE\n"
                "echo; echo @@end ok@@\n")
    return Session(["bash", "--norc", "--noprofile"], ending, where, environment)


# A pwsh that takes commands from its standard input prints prompts and goes on after a failure, so a
# small loop of our own feeds it: one block as one line of JSON.
LOOP = """
$ErrorActionPreference = 'Stop'
while ($null -ne ($line = [Console]::In.ReadLine())) {
    try {
        $given = $line | ConvertFrom-Json
        foreach ($pair in $given.environment.PSObject.Properties) { Set-Item "env:$($pair.Name)" $pair.Value }
        . ([scriptblock]::Create($given.block)) | Out-String -Width 4096 | Write-Host
        Write-Host '@@end ok@@'
    }
    catch { Write-Host "$_ $($_.ScriptStackTrace)"; Write-Host '@@end an error@@' }
}
"""


def powershell(pwsh, where, environment, exported):
    script = where / "loop.ps1"
    script.write_text(LOOP)
    return Session([pwsh, "-NoProfile", "-NonInteractive", "-File", str(script)],
                   lambda block: json.dumps({"block": block, "environment": exported()}) + "\n", where, environment)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def clean_environment(where, bin_dir, port):
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("LOCKBOX", "PS"))}
    return keep | {
        "PATH": f"{bin_dir}:{os.environ['PATH']}", "HOME": str(where), "LOCKBOX_LISTEN": f"127.0.0.1:{port}",
        "NO_COLOR": "1", "POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off",
    }


def readme_blocks():
    return [match.groups() for match in BLOCK.finditer((REPO / "README.md").read_text("utf-8"))]


def expected(mark):
    return [part.strip() for part in mark.removeprefix("shows:").split(" | ")]


def run_readme(tally, pwsh):
    with tempfile.TemporaryDirectory(prefix="lockbox-docs-") as root:
        where, bin_dir, port, tls_port = Path(root) / "clone", Path(root) / "bin", free_port(), free_port()
        where.mkdir()
        bin_dir.mkdir()
        (bin_dir / "lockboxd").symlink_to(BINARY)
        (where / "powershell").symlink_to(REPO / "powershell")
        (where / "examples").symlink_to(REPO / "examples")
        environment = clean_environment(root, bin_dir, port)
        shell = bash(where, environment)
        exported = {}

        def names():
            output, _ = shell.run("env\n")
            exported.update(re.findall(r"^(EVE|MAX|ADA|ANNA|BEN|ROBOT)=(.*)$", output, re.M))
            return exported

        power = powershell(pwsh, where, environment, names) if pwsh else None
        try:
            for number, (language, block, mark) in enumerate(readme_blocks(), 1):
                if language not in ("bash", "powershell"):
                    continue
                name = f"README block {number} ({language}): {block.strip().splitlines()[0]}"
                if not (mark or "").startswith(("shows:", "not run:")):
                    tally.check(name, "it is followed by no comment that says what it shows")
                    continue
                if mark.startswith("not run:"):
                    continue
                if language == "powershell" and not power:
                    tally.skipped += 1
                    continue
                session = shell if language == "bash" else power
                block = block.replace("127.0.0.1:8420", f"127.0.0.1:{port}").replace(":8443", f":{tls_port}")
                output, fault = session.run(block)
                missing = [text for text in expected(mark) if text not in output]
                if not fault and missing:
                    fault = f"it does not show {missing}"
                tally.check(name, fault and f"{fault}:\n{output[-3000:]}")
        finally:
            for session in filter(None, (power, shell)):
                session.close()


def defaults(schema, path=""):
    """Every key of the configuration with its default, as pairs of a dotted name and a value."""
    for name, value in schema.get("properties", {}).items():
        inner = value.get("items", value) if value.get("type") == "array" else value
        if "properties" in inner:
            yield from defaults(inner, f"{path}{name}.")
        else:
            yield f"{path}{name}", value.get("default")


def given(config, name):
    for part in name.split("."):
        config = config[0] if isinstance(config, list) else config
        if part not in config:
            return None
        config = config[part]
    return config


def check_configuration(tally):
    text = next(block for language, block, mark in readme_blocks() if language == "toml" and mark == "config")
    with tempfile.TemporaryDirectory(prefix="lockbox-docs-") as root:
        file = Path(root) / "lockboxd.toml"
        # Also with every example that is commented out because it has no default.
        whole = re.sub(r'^# (?=(\w+|"\d+") = )', "", text, flags=re.M)
        whole = whole.replace("/etc/lockbox/", f"{root}/")
        subprocess.run(["openssl", "req", "-x509", "-noenc", "-newkey", "ed25519", "-subj", "/CN=lockbox",
                        "-keyout", f"{root}/lockbox.key", "-out", f"{root}/lockbox.pem"], check=True, capture_output=True)
        for name in ("ca.pem", "partners.pem"):
            shutil.copy(f"{root}/lockbox.pem", f"{root}/{name}")
        Path(root, "mail-password").write_text("secret\n")
        Path(root, "risk.key").write_text("whsec_" + "A" * 43 + "=\n")
        for name, content in (("as it stands", text), ("with its examples", whole)):
            file.write_text(content)
            done = subprocess.run([BINARY, "check-config", "--data-dir", root, "--config", file],
                                  capture_output=True, text=True, timeout=60, env=clean_environment(root, root, 0))
            tally.check(f"README configuration {name}", "" if done.returncode == 0 else done.stderr)
    schema = json.loads((REPO / "schemas" / "config.schema.json").read_text("utf-8"))
    config = tomllib.loads(whole)
    for name, default in defaults(schema):
        shown = given(config, name)
        fault = "the README does not show it" if shown is None else ""
        if default is not None and shown is not None and shown != default:
            fault = f"the README shows {shown!r}, and the default is {default!r}"
        tally.check(f"README configuration key {name}", fault)


def demo_lines(demo):
    """The PowerShell lines that a demo prints before it serves."""
    said = []
    signal.alarm(DEADLINE)
    try:
        for line in demo.stdout:
            said.append(line.rstrip("\n"))
            if "Serving until" in line:
                break
    finally:
        signal.alarm(0)
    begin = next((i for i, line in enumerate(said) if "$ErrorActionPreference" in line), None)
    if begin is None:
        raise RuntimeError("the demo printed no PowerShell lines:\n" + "\n".join(said))
    end = next(i for i in range(begin, len(said)) if not said[i].strip())
    return [line.strip() for line in said[begin:end]]


def run_demo(tally, pwsh):
    """The PowerShell lines of the demo, as printed; its curl lines are run by the Rust tests."""
    with tempfile.TemporaryDirectory(prefix="lockbox-docs-") as root:
        environment = clean_environment(root, root, 0)
        demo = subprocess.Popen([BINARY, "demo", "--listen", "127.0.0.1:0"], cwd=REPO, env=environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            lines = demo_lines(demo)
            done = subprocess.run([pwsh, "-NoProfile", "-NonInteractive", "-Command", "\n".join(lines)], cwd=root,
                                  env=environment, capture_output=True, text=True, timeout=DEADLINE)
            output = done.stdout + done.stderr
            tally.check("demo lines succeed", "" if done.returncode == 0 else f"exit code {done.returncode}:\n{output}")
            for text in ("Pending", "Set-AccessToCustomerDataRequest", "Microsoft Operator", "New-MailboxSearch"):
                tally.check(f"demo lines show {text}", "" if text in output else output)
        except (RuntimeError, TimeoutError) as error:
            tally.check("demo", str(error) or f"no end after {DEADLINE} s")
        finally:
            demo.send_signal(signal.SIGINT)
            tally.check("demo ends", "" if demo.wait(30) == 0 else f"exit code {demo.returncode}")


def on_alarm(_number, _frame):
    raise TimeoutError


def main():
    signal.signal(signal.SIGALRM, on_alarm)
    tally = Tally()
    pwsh = os.environ.get("LOCKBOX_PWSH") or shutil.which("pwsh")
    check_configuration(tally)
    run_readme(tally, pwsh)
    if pwsh:
        run_demo(tally, pwsh)
    else:
        tally.skipped += 6
        if os.environ.get("LOCKBOX_REQUIRE_PWSH") == "1":
            tally.check("PowerShell", "LOCKBOX_REQUIRE_PWSH=1, and there is no pwsh")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
