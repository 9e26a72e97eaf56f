#!/usr/bin/env python3
"""The service and the Debian package. Ends with one line `N passed, N failed, N skipped`.

- systemd-analyze verifies the unit that `lockboxd service install` puts in place, and scores it.
- cargo-deb builds the package; dpkg installs it into an empty root, where its program makes and
  serves a database with the shipped settings; removing and purging leave the data alone.

The package is built around the stripped debug program, so that no release build is needed.
A tool that is missing is a skipped check; tests/run.sh installs them.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PROGRAM = REPO / "target" / "debug" / "lockboxd"
# Of 100: no open door that the daemon does not need. It needs the network.
WORST_EXPOSURE = 15
DEADLINE = 120
counts = {"passed": 0, "failed": 0, "skipped": 0}


def check(name, holds, evidence=""):
    counts["passed" if holds else "failed"] += 1
    if not holds:
        print(f"FAILED {name}\n{evidence}", flush=True)


def skip(name, why):
    counts["skipped"] += 1
    print(f"skipped {name}: {why}", flush=True)


def run(*command, **more):
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=DEADLINE, **more)
    return done.returncode, done.stdout


def on_alarm(*_):
    raise TimeoutError


def unit(scratch):
    root = scratch / "image"
    code, said = run(PROGRAM, "service", "install", "--root", root, "--program", PROGRAM)
    file = root / "etc/systemd/system/lockboxd.service"
    check("service install", code == 0 and file.exists(), said)
    if not shutil.which("systemd-analyze"):
        skip("systemd-analyze", "it is not installed")
        return
    # The page that the unit names comes with the package.
    text = re.sub("^Documentation=.*\n", "", file.read_text(), flags=re.M)
    file.write_text(text)
    code, said = run("systemd-analyze", "verify", "--man=no", file)
    check("systemd-analyze verify", code == 0 and not said.strip(), said)
    recipes = re.findall(r"^#   \[Service\]\n((?:#   .+\n)+)", text, re.M)
    check("the head of the unit has drop-ins", len(recipes) >= 4, str(recipes))
    for recipe in recipes:
        file.write_text(f"{text}[Service]\n{recipe.replace('#   ', '')}")
        code, said = run("systemd-analyze", "verify", "--man=no", file)
        check(f"systemd-analyze verify with {recipe}", code == 0 and not said.strip(), said)
    # Not all that systemd 252 has in @system-service: program hooks could not start.
    cage = {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"}
    allowed = {call for calls in re.findall(r"^SystemCallFilter=(?!~)(.*)$", text, re.M) for call in calls.split()}
    check("program hooks can make their cage", cage <= allowed, str(cage - allowed))
    file.write_text(f"{text}[Service]\nReadWritePath=/tmp\n")
    code, said = run("systemd-analyze", "verify", "--man=no", file)
    check("systemd-analyze verify refuses a drop-in with a wrong name", "ReadWritePath" in said, said)
    file.write_text(text)
    code, said = run("systemd-analyze", "security", "--offline=true", f"--threshold={WORST_EXPOSURE}", file)
    check("systemd-analyze security", code == 0, said)
    # The same unit without its hardening must not pass, or the check says nothing.
    file.write_text(re.sub("^(Protect|Private|Restrict|System|Capability).*\n", "", text, flags=re.M))
    code, said = run("systemd-analyze", "security", "--offline=true", f"--threshold={WORST_EXPOSURE}", file)
    check("systemd-analyze security refuses an open unit", code != 0, said)


def build(scratch):
    """The package, or None."""
    target = scratch / "target"
    (target / "release").mkdir(parents=True)
    code, said = run("strip", "-o", target / "release" / "lockboxd", PROGRAM)
    if code != 0:
        shutil.copy(PROGRAM, target / "release" / "lockboxd")
    out = scratch / "lockboxd.deb"
    code, said = run("cargo", "deb", "--no-build", "--no-strip", "--fast", "--locked", "--output", out, cwd=REPO,
                     env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    check("cargo deb", code == 0 and out.exists(), said)
    return out if out.exists() else None


def serve(root, data):
    """The installed program makes and serves a database with the shipped settings."""
    program, settings = root / "usr/bin/lockboxd", root / "etc/lockboxd/lockboxd.toml"
    where = ["--config", settings, "--data-dir", data]
    code, said = run(program, "check-config", *where)
    check("the shipped settings are sound", code == 0, said)
    code, token = run(program, "init", *where, "--admin", "root@fabrikam.example", "--output", "token")
    check("init", code == 0, token)
    daemon = subprocess.Popen([program, "serve", *where, "--listen", "127.0.0.1:0"], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        lines = []
        signal.alarm(DEADLINE)
        try:
            for line in daemon.stdout:
                lines.append(line)
                if "unix:" in line:
                    break
        except TimeoutError:
            lines.append(f"and no more within {DEADLINE} s\n")
        finally:
            signal.alarm(0)
        environment = {**os.environ, "LOCKBOX_TOKEN": token.strip(), "LOCKBOX_DATA_DIR": str(data)}
        environment.pop("LOCKBOX_URL", None)
        code, said = run(program, "call", "session.whoami", "--get", "/principal/address", env=environment)
        check("it serves", code == 0 and said.strip() == "root@fabrikam.example", "".join(lines) + said)
        daemon.terminate()
        check("it stops", daemon.wait(DEADLINE) == 0)
    finally:
        daemon.kill()


def package(scratch):
    missing = [tool for tool in ("cargo-deb", "dpkg", "dpkg-deb") if not shutil.which(tool)]
    if missing:
        skip("the Debian package", f"{', '.join(missing)} not installed")
        return
    deb = build(scratch)
    if not deb:
        return
    if os.geteuid() != 0:
        skip("installing the package", "dpkg needs root")
        return
    root, data = scratch / "root", scratch / "root/var/lib/lockboxd"
    (root / "var/lib/dpkg/info").mkdir(parents=True)
    (root / "var/lib/dpkg/updates").mkdir()
    (root / "var/lib/dpkg/status").touch()
    # Its scripts run outside the empty root, which has no shell.
    dpkg = ["dpkg", f"--root={root}", "--force-script-chrootless", "--force-depends"]
    code, said = run(*dpkg, "--install", deb)
    check("install", code == 0, said)
    check("it says what to do next", "lockboxd init" in said, said)
    for file in ("usr/bin/lockboxd", "usr/lib/systemd/system/lockboxd.service", "etc/lockboxd/lockboxd.toml",
                 "usr/share/lockboxd/powershell/CustomerLockbox/CustomerLockbox.psd1",
                 "usr/share/lockboxd/LICENSE", "usr/share/doc/lockboxd/CHANGELOG.md",
                 "usr/share/doc/lockboxd/examples/lockbox.sh",
                 "usr/share/doc/lockboxd/contrib/grafana/lockbox.json",
                 "usr/share/doc/lockboxd/contrib/prometheus/alerts.yml", "usr/share/doc/lockboxd/copyright"):
        there = (root / file).exists() or (root / file.removeprefix("usr/")).exists()
        check(f"{file} is installed", there)
    pwsh = os.environ.get("LOCKBOX_PWSH") or shutil.which("pwsh")
    if pwsh:
        code, said = run(pwsh, "-NoProfile", "-NonInteractive", "-File", root / "usr/share/lockboxd/powershell/New-ModulePackage.ps1",
                         "-Destination", scratch / "modules")
        check("the modules can be built from what is installed", code == 0, said)
    else:
        skip("building the modules from what is installed", "there is no pwsh")
    serve(root, data)
    code, said = run(*dpkg, "--install", deb)
    check("an upgrade is silent about first steps", code == 0 and "lockboxd init" not in said, said)
    code, said = run(*dpkg, "--remove", "lockboxd")
    check("remove", code == 0 and not (root / "usr/bin/lockboxd").exists(), said)
    check("removing keeps the settings", (root / "etc/lockboxd/lockboxd.toml").exists())
    code, said = run(*dpkg, "--purge", "lockboxd")
    check("purge", code == 0 and not (root / "etc/lockboxd/lockboxd.toml").exists(), said)
    check("purging keeps the data", any(data.iterdir()))


signal.signal(signal.SIGALRM, on_alarm)
with tempfile.TemporaryDirectory() as directory:
    unit(Path(directory))
    package(Path(directory))
print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
sys.exit(1 if counts["failed"] else 0)
