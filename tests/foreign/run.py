#!/usr/bin/env python3
"""JSON-RPC clients of others, and ours in examples/, against a real daemon over TCP, TLS and its Unix
socket. Ends with one line `N passed, N failed, N skipped`.

The daemon is LOCKBOXD, or target/debug/lockboxd. The npm packages are installed beside this file as its
lock file has them, the Python ones into an environment under target/. Arguments name what to run (such as
`jayson` or `examples`). Each client prints a line `ok NAME` or `FAILED NAME: WHY` for each of its tests.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parent.parent
sys.path.insert(0, str(REPO / "tests" / "powershell"))
from daemon import Daemon
VENV = REPO / "target" / "foreign-venv"
DEADLINE = 570

# Name, command, and over what; the longest first.
CLIENTS = [
    ("examples", [sys.executable, "examples.py"], ("tcp", "tls")),
    ("jayson", ["node", "jayson.mjs"], ("tcp", "tls")),
    ("open-rpc", ["node", "open_rpc.mjs"], ("tcp", "tls")),
    ("jsonrpcclient", [VENV / "bin" / "python", "jsonrpcclient_client.py"], ("tcp", "tls")),
    ("curl", [sys.executable, "curl_client.py"], ("unix",)),
]


def set_up():
    """Both kinds of packages, where they are not there as wanted."""
    wanted = (HERE / "requirements.txt").read_text()
    stamp = VENV / "packages"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True)
        subprocess.run([VENV / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check",
                        "-r", HERE / "requirements.txt"], check=True)
        stamp.write_text(wanted)
    installed = HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True)


def make_certificates(root):
    """A CA, and the server's certificate from it, for localhost."""
    def new(name, *more):
        subprocess.run(["openssl", "req", "-x509", "-noenc", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-days", "2", "-keyout", root / f"{name}.key", "-out", root / f"{name}.pem", *more],
                       check=True, capture_output=True)
    new("ca", "-subj", "/CN=Our CA")
    new("server", "-subj", "/CN=lockbox", "-CA", root / "ca.pem", "-CAkey", root / "ca.key",
        "-addext", "basicConstraints=CA:FALSE", "-addext", "subjectAltName=DNS:localhost")


class Served(Daemon):
    """A daemon that serves TLS beside plain TCP and its socket."""

    def start(self):
        make_certificates(self.root)
        config = self.root / "lockboxd.toml"
        config.write_text('[tls]\nlisten = ["127.0.0.1:0"]\n'
                          f'certificate = "{self.root / "server.pem"}"\nkey = "{self.root / "server.key"}"\n')
        super().start("--config", config)
        port = re.search(r"^listening on https://.*:(\d+)$", self.process.stdout.readline()).group(1)
        self.urls = {"tcp": self.url, "tls": f"https://localhost:{port}", "unix": "http://localhost"}


def run_client(name, command, over, environment, tally):
    """One client over one kind of connection; adds what it reports to the tally."""
    try:
        done = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True,
                              encoding="utf-8", timeout=DEADLINE)
        output, code = done.stdout + done.stderr, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = f"{(late.stdout or b'').decode()}\nno end after {DEADLINE} s", -1
    passed = re.findall(r"^ok .+$", output, re.M)
    failed = re.findall(r"^FAILED (.+?): (\".*\")$", output, re.M)
    for test, why in failed:
        print(f"FAILED {name} over {over}: {test}\n    {json.loads(why)}", flush=True)
    if code != 0 or not passed:
        failed.append(("it ends well", ""))
        print(f"FAILED {name} over {over} ended with {code}:\n{output[-3000:]}", flush=True)
    print(f"{name} over {over}: {len(passed)} passed, {len(failed)} failed", flush=True)
    tally["passed"] += len(passed)
    tally["failed"] += len(failed)


def main():
    set_up()
    binary = os.environ.get("LOCKBOXD") or REPO / "target" / "debug" / "lockboxd"
    names, tally = sys.argv[1:], {"passed": 0, "failed": 0}
    with tempfile.TemporaryDirectory(prefix="lockbox-foreign-") as place:
        root = Path(place)
        server = Served(binary, root)
        try:
            server.start()
            jobs = [(name, command, over) for name, command, ways in CLIENTS for over in ways if not names or name in names]

            def run_one(job):
                name, command, over = job
                # Each has a customer and an engineer of its own, so two run at a time.
                world = server.customer(f"{name}-{over}")
                world |= {"url": server.urls[over], "socket": server.socket(), "ca": str(root / "ca.pem")}
                described = root / f"{name}-{over}.json"
                described.write_text(json.dumps(world))
                clean = {k: v for k, v in os.environ.items() if not k.startswith("LOCKBOX")}
                environment = clean | {"FOREIGN_WORLD": str(described), "NODE_EXTRA_CA_CERTS": world["ca"]}
                run_client(name, command, over, environment, tally)

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(run_one, jobs))
        finally:
            server.stop()
    print(f"{tally['passed']} passed, {tally['failed']} failed, 0 skipped")
    return 1 if tally["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
