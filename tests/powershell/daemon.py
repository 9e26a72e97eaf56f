"""A real daemon with its own data directory, and the people that the tests need."""
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
import uuid
from pathlib import Path

# Each file of tests has its own customer and engineer, so that files do not see one another's requests.
CUSTOMER_ROLES = {"approver": "CustomerLockboxAccessApprover", "reader": "SecurityReader"}


class RpcError(Exception):
    """What the daemon answered instead of a result."""


class Daemon:
    def __init__(self, binary, root):
        self.binary, self.root = binary, Path(root)
        self.data = self.root / "data"
        self.process, self.url, self.admin = None, None, None

    def start(self, *more):
        made = subprocess.run([self.binary, "init", "--data-dir", self.data, "--admin", "admin@provider.example"],
                              capture_output=True, text=True, timeout=60)
        found = re.search(r"lbt_[A-Za-z0-9_-]{43,}", made.stdout)
        if made.returncode != 0 or not found:
            raise RuntimeError(f"init failed: {made.stdout} {made.stderr}")
        self.admin = found.group(0)
        self.log = open(self.root / "daemon.log", "w")
        self.process = subprocess.Popen([self.binary, "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0", *more],
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if (where := re.search(r"http://[\d.]+:\d+", line)):
                self.url = where.group(0)
                return
        raise RuntimeError("serve ended: " + (self.root / "daemon.log").read_text()[-2000:])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        if self.process:
            self.log.close()

    def call(self, token, method, **params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(self.url + "/rpc", body, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            reply = json.loads(answer.read())
        if "error" in reply:
            raise RpcError(f"{method}: {json.dumps(reply['error'])}")
        return reply["result"]

    def socket(self):
        """The daemon's Unix socket, wherever it lies in the data directory."""
        return next((str(p) for p in self.data.rglob("*") if p.is_socket()), None)

    def provider(self):
        """A gateway that serves every customer."""
        robot = self.call(self.admin, "principal.create", kind="robot", displayName="gateway",
                          roles=[{"role": "ResourceGateway", "scope": "/tenants"}])
        return {"gateway": robot["token"], "providerAdmin": self.admin}

    def person(self, by, name, domain, role, scope=None):
        asked = {"role": role} | ({"scope": scope} if scope else {})
        made = self.call(by, "principal.create", kind="person", address=f"{name}@{domain}", displayName=name.title(), roles=[asked])
        return self.call(None, "principal.enroll", code=made["enrolmentCode"])["token"]

    def customer(self, label):
        """A claimed tenant with its administrator, approver and reader; an engineer and a manager serve it alone."""
        name = f"{label.lower()}.onmicrosoft.example"
        made = self.call(self.admin, "tenant.create", name=name, adminAddress=f"admin@{name}", adminDisplayName="Admin")
        tokens = {"tenant": name, "tenantId": made["tenant"]["tenantId"]}
        tokens["admin"] = self.call(None, "tenant.claim", code=made["claimCode"])["token"]
        for person, role in CUSTOMER_ROLES.items():
            tokens[person] = self.person(tokens["admin"], person, name, role)
        for person, role in (("engineer", "SupportEngineer"), ("manager", "SupportManager")):
            tokens[person] = self.person(self.admin, f"{person}-{label.lower()}", "provider.example", role, f"/tenants/{name}")
        return tokens


def wait_for(condition, seconds=20):
    """Waits until a condition holds; false if it never does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def pwsh_environment(home, **more):
    """What a pwsh of the tests sees: our module on the path, nothing of the machine's user."""
    repo = Path(__file__).resolve().parents[2]
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("LOCKBOX", "PS"))}
    return keep | {
        "NO_COLOR": "1", "HOME": str(home), "TZ": "UTC", "POWERSHELL_TELEMETRY_OPTOUT": "1",
        "POWERSHELL_UPDATECHECK": "Off", "PSModulePath": str(repo / "powershell"),
    } | {k: str(v) for k, v in more.items()}


def new_key():
    return str(uuid.uuid4())


def scratch():
    return tempfile.TemporaryDirectory(prefix="lockbox-ps-")
