#!/usr/bin/env python3
"""Tests of what lies under powershell/. Ends with one line `N passed, N failed, N skipped`.

Always: the gates of static_gates.py, and the CI files against their schemas. With a pwsh (LOCKBOX_PWSH,
or on the PATH): every *.Tests.ps1, the table of exit codes and the steps of the CI files, against a real
daemon (LOCKBOXD, or target/debug/lockboxd). Without one those are counted as skipped;
LOCKBOX_REQUIRE_PWSH=1 makes that a failure. Arguments name the files to run.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
VENV = REPO / "target" / "powershell-venv"
PACKAGES = ["tree-sitter==0.26.1", "tree-sitter-powershell==0.26.4", "check-jsonschema==0.39.0"]


def enter_venv():
    """Runs this script again inside its own environment, which is made once."""
    python = VENV / "bin" / "python"
    if Path(sys.prefix) == VENV:
        return
    stamp = VENV / "packages"
    if not stamp.exists() or stamp.read_text() != "\n".join(PACKAGES):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *PACKAGES], check=True)
        stamp.write_text("\n".join(PACKAGES))
    os.execv(python, [str(python), str(HERE / "run.py"), *sys.argv[1:]])


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def report(self, name, fault=""):
        if fault:
            self.failed += 1
            print(f"FAILED {name}\n    {fault}", flush=True)
        else:
            self.passed += 1


def test_files(names):
    files = sorted(HERE.glob("*.Tests.ps1"))
    return [f for f in files if not names or any(n.lower() in f.name.lower() for n in names)]


def count_tests(path):
    """How many tests a file holds: each It once, and what its loops say they add."""
    source = path.read_text(encoding="utf-8-sig")
    return len(re.findall(r"^\s*It ['\"]", source, re.M)) + sum(int(n) for n in re.findall(r"# This loop adds (\d+) tests", source))


def run_file(pwsh, path, environment, tally):
    """One file of tests in a process of its own; its last line is its result as JSON."""
    began = time.monotonic()
    try:
        done = subprocess.run([pwsh, "-NoProfile", "-NonInteractive", "-File", str(path)], env=environment,
                              capture_output=True, text=True, timeout=300, cwd=HERE)
        output, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = f"{(late.stdout or b'').decode()}\nno end after 300 s", -1
    found = re.search(r"^RESULT (\{.*\})$", output, re.M)
    if not found or code != 0:
        tally.report(path.name, f"ended with {code} and no result:\n{output[-4000:]}")
        return
    for note in re.findall(r"^NOTE (.*)$", output, re.M):
        print(f"{path.name}: {note}", flush=True)
    result = json.loads(found.group(1))
    tally.passed += result["passed"]
    if result["passed"] + len(result["failed"]) != count_tests(path):
        tally.report(path.name, f"{result['passed'] + len(result['failed'])} tests ran, {count_tests(path)} are counted where there is no pwsh")
    for failure in result["failed"]:
        tally.report(f"{path.name}: {failure['name']}", failure["text"])
    print(f"{path.name}: {result['passed']} passed, {len(result['failed'])} failed, {time.monotonic() - began:.1f} s", flush=True)


def run_powershell(pwsh, files, tally, whole, ci):
    import ci_files
    import exit_codes
    from daemon import Daemon, pwsh_environment, scratch

    binary = os.environ.get("LOCKBOXD") or str(REPO / "target" / "debug" / "lockboxd")
    with scratch() as root:
        server = Daemon(binary, root)
        try:
            server.start()
            provider = server.provider()
            home = Path(root) / "home"
            home.mkdir()

            def run_one(path):
                label = path.name.removesuffix(".Tests.ps1")
                world = {"url": server.url, "socket": server.socket(), "pwsh": pwsh, "python": sys.executable, "lockboxd": binary, "scratch": str(Path(root) / label),
                         **provider, **server.customer(label)}
                Path(world["scratch"]).mkdir()
                described = Path(root) / f"{label}.json"
                described.write_text(json.dumps(world))
                run_file(pwsh, path, pwsh_environment(home, LOCKBOX_TEST_WORLD=described), tally)

            # Each file has its own customer, so two run at a time.
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(run_one, files))
            if whole:
                began = time.monotonic()
                exit_codes.run(pwsh, server, Path(root), tally.report)
                print(f"exit codes: {time.monotonic() - began:.1f} s", flush=True)
            if ci:
                began = time.monotonic()
                ci_files.run(pwsh, server, Path(root), tally.report)
                print(f"CI files: {time.monotonic() - began:.1f} s", flush=True)
        finally:
            server.stop()


def main():
    enter_venv()
    sys.path.insert(0, str(HERE))
    import ci_files
    import exit_codes
    import static_gates
    from daemon import scratch

    tally, names = Tally(), sys.argv[1:]
    if not names:
        static_gates.run(tally.report)
        with scratch() as place:
            ci_files.check_schemas(tally.report, place)
        print(f"static gates: {tally.passed} passed, {tally.failed} failed", flush=True)
    files = test_files(names)
    whole, ci = not names or "exit" in names, not names or "ci" in names
    pwsh = os.environ.get("LOCKBOX_PWSH") or shutil.which("pwsh")
    if pwsh:
        run_powershell(pwsh, files, tally, whole, ci)
    else:
        tally.skipped += sum(count_tests(f) for f in files) + (exit_codes.count() if whole else 0) + (ci_files.count() if ci else 0)
        if os.environ.get("LOCKBOX_REQUIRE_PWSH") == "1":
            tally.report("PowerShell", "LOCKBOX_REQUIRE_PWSH=1, and there is no pwsh")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
