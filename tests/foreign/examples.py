"""The clients in examples/, each command of each, as their users run them."""
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from checks import REASON, WORLD, check, equal, pending

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TLS = WORLD["url"].startswith("https:")
CLIENTS = {"bash": ["bash", EXAMPLES / "lockbox.sh"], "Python": [sys.executable, EXAMPLES / "lockbox.py"],
           "Node": ["node", EXAMPLES / "lockbox.mjs"]}
DEADLINE = 150


def call(token, method, params, url=WORLD["url"]):

    context = ssl.create_default_context(cafile=WORLD["ca"]) if TLS else None
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/rpc", body, headers), timeout=30, context=context) as answer:
        return json.load(answer)["result"]


def environment(token, **more):
    # NODE_EXTRA_CA_CERTS is the test's own; the examples have to do without it.
    clean = {k: v for k, v in os.environ.items() if not k.startswith("NODE_")}
    trusted = {"LOCKBOX_CA": WORLD["ca"]} if TLS else {}
    return clean | trusted | {"LOCKBOX_URL": WORLD["url"], "LOCKBOX_TOKEN": token or ""} | more


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Unlucky:
    """A front that spoils the first answers to a method, and counts the calls of it."""

    def __init__(self, method, spoil, times, status=200):
        front = self
        self.bodies = []

        class Front(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                asked = urllib.request.Request(WORLD["url"] + self.path, body, {
                    name: self.headers[name] for name in ("Content-Type", "Authorization")})
                hit = json.loads(body)["method"] == method
                if hit:
                    front.bodies.append(json.loads(body))
                spoiled = hit and len(front.bodies) <= times
                if spoiled and spoil:
                    answer = json.dumps(spoil).encode()
                else:
                    with urllib.request.urlopen(asked, timeout=30) as answered:
                        answer = answered.read()
                    if spoiled:
                        self.close_connection = True
                        return
                self.send_response(status if spoiled else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()


for language, command in CLIENTS.items():
    def run(token, *arguments, code=0, **more):
        """Standard output, or standard error where it has to fail."""
        done = subprocess.run([*command, *arguments], env=environment(token, **more), capture_output=True, text=True,
                              encoding="utf-8", timeout=DEADLINE)
        if done.returncode != code:
            raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stderr if code else done.stdout

    def holds(text, *parts):
        for part in parts:
            if part not in text:
                raise AssertionError(f"{part!r} is not in {text!r}")

    @check(f"{language}: list, show, decide, audit")
    def _():
        one = pending(call, "CLB-1")
        line = next(line for line in run(WORLD["approver"], "pending").splitlines() if one["requestId"] in line)
        equal(line.split("\t"), [one["requestId"], one["expirationDate"], "Exchange", REASON])
        equal(json.loads(run(WORLD["approver"], "show", one["requestId"]))["identity"], one["identity"])
        equal(run(WORLD["approver"], "decide", one["requestId"], "Approve", "Fine, “once” ✓ $(id)"), f"{one['requestId']} Approved\n")
        equal(run(WORLD["approver"], "decide", one["identity"], "Cancel"), f"{one['requestId']} Canceled\n")
        records = [json.loads(line) for line in run(WORLD["admin"], "audit").splitlines()]
        equal([record["Sequence"] for record in records], list(range(len(records))))
        comments = [record["Parameters"][0]["Value"] for record in records
                    if record["Operation"] == "Set-AccessToCustomerDataRequest" and record["ObjectId"] == one["identity"]]
        equal(comments, ["Fine, “once” ✓ $(id)", ""])
        equal(len(run(WORLD["admin"], "audit", str(len(records) - 2)).splitlines()), 2)
        equal(run(WORLD["admin"], "audit", str(len(records))), "")
        for command in "audit", "follow":
            holds(run(WORLD["admin"], command, str(len(records) + 1), code=66), f"no record {len(records)}", "start at 0")

    @check(f"{language}: follows the audit log")
    def _():
        one = pending(call, "CLB-2")
        begin = len(run(WORLD["admin"], "audit").splitlines())
        following = subprocess.Popen([*command, "follow", str(begin)], env=environment(WORLD["admin"]), text=True,
                                     encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        timer = threading.Timer(DEADLINE, following.kill)
        timer.start()
        try:
            for decision, number in (("Approve", begin), ("Cancel", begin + 1)):
                call(WORLD["approver"], "request.decide", {"requestId": one["identity"], "decision": decision})
                record = json.loads(following.stdout.readline())
                equal((record["Sequence"], record["Parameters"][1]["Value"]), (number, decision))
            equal(following.poll(), None)
        finally:
            timer.cancel()
            following.send_signal(signal.SIGTERM)
            following.communicate(timeout=DEADLINE)

    if TLS:
        @check(f"{language}: a CA that did not issue the certificate, or is not there")
        def _():
            for ca in ("/etc/ssl/certs/ca-certificates.crt", "/nowhere.pem"):
                holds(run(WORLD["approver"], "pending", code=69, LOCKBOX_CA=ca), "LOCKBOX_CA")
        continue

    @check(f"{language}: every failure has its code, and what to do")
    def _():
        holds(run(WORLD["approver"], code=64), "usage:")
        holds(run(WORLD["approver"], "decide", "EXSR000001", code=64), "usage:")
        holds(run(WORLD["admin"], "audit", "x", code=64), "usage:")
        holds(run(WORLD["approver"], "show", "EXSR999999", code=66), "EXSR999999")
        holds(run(WORLD["approver"], "audit", code=1), "audit.get")
        holds(run(None, "pending", code=1), "token")
        one = pending(call, "CLB-3")
        holds(run(WORLD["approver"], "decide", one["requestId"], "Perhaps", code=1), "/decision")
        run(WORLD["approver"], "decide", one["requestId"], "Deny")
        holds(run(WORLD["approver"], "decide", one["requestId"], "Approve", code=1), "Denied")
        holds(run(WORLD["approver"], "pending", code=69, LOCKBOX_URL=f"http://127.0.0.1:{free_port()}"), "LOCKBOX_URL")
        holds(run(WORLD["approver"], "pending", code=69, LOCKBOX_URL=f"{WORLD['url']}/nothing"), "LOCKBOX_URL")

    @check(f"{language}: a lost answer is asked for again with the same key, and done once")
    def _():
        one = pending(call, "CLB-4")
        with Unlucky("request.decide", None, 1) as front:
            equal(run(WORLD["approver"], "decide", one["requestId"], "Deny", LOCKBOX_URL=front.url), f"{one['requestId']} Denied\n")
        equal(len(front.bodies), 2)
        equal(front.bodies[0]["params"], front.bodies[1]["params"])
        found = call(WORLD["admin"], "audit.search", {"objectIds": [one["identity"]], "operations": ["Set-AccessToCustomerDataRequest"]})
        equal(found["total"], 1)

    @check(f"{language}: busy is waited for, and not for ever")
    def _():
        busy = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32006, "message": "Busy", "data": {
            "code": "busy", "message": "Too much to do.", "remedy": "Try again.", "retryAfterSeconds": 1}}}
        with Unlucky("request.list", busy, 2) as front:
            run(WORLD["approver"], "pending", LOCKBOX_URL=front.url)
        equal(len(front.bodies), 3)
        with Unlucky("request.list", busy, 3) as front:
            holds(run(WORLD["approver"], "pending", code=75, LOCKBOX_URL=front.url), "Try again.")
        equal(len(front.bodies), 3)
        for status in 503, 429:
            with Unlucky("request.list", {"error": "full"}, 1, status) as front:
                run(WORLD["approver"], "pending", LOCKBOX_URL=front.url)
            equal(len(front.bodies), 2)
            with Unlucky("request.list", {"error": "full"}, 3, status) as front:
                holds(run(WORLD["approver"], "pending", code=75, LOCKBOX_URL=front.url), str(status), "try again later")
            equal(len(front.bodies), 3)
        with Unlucky("request.list", {"error": "gone"}, 1, 502) as front:
            holds(run(WORLD["approver"], "pending", code=69, LOCKBOX_URL=front.url), "LOCKBOX_URL")
        equal(len(front.bodies), 1)

    @check(f"{language}: ends where nobody reads its output any more")
    def _():
        reading = subprocess.Popen([*command, "audit"], env=environment(WORLD["admin"]), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        timer = threading.Timer(DEADLINE, reading.kill)
        timer.start()
        try:
            reading.stdout.readline()
            reading.stdout.close()
            status = reading.wait(DEADLINE)
        finally:
            timer.cancel()
        equal(status, 74)
