#!/usr/bin/env python3
"""The daemon's mails at a real SMTP server, which takes them, puts them off, refuses them, stalls or breaks off, and
what a daemon that is killed loses and repeats.

The daemon is LOCKBOXD, or target/debug/lockboxd; time is its test clock, which the tests move. Prints `ok NAME` or
`FAILED NAME: WHY` for each test, and ends with one line `N passed, N failed`."""
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import contextmanager
from email import policy
from email.parser import BytesParser
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "powershell"))
from daemon import Daemon, RpcError, wait_for

BINARY = Path(os.environ.get("LOCKBOXD") or HERE.parents[1] / "target" / "debug" / "lockboxd").resolve()
ROUNDS = int(os.environ.get("LOCKBOX_NOTIFY_ROUNDS", "6"))
TESTS = []


def test(function):
    TESTS.append(function)
    return function


@contextmanager
def sink(folder, *more):
    """An SMTP server; gives its port."""
    process = subprocess.Popen([sys.executable, HERE / "smtp_sink.py", "--dir", folder, *more],
                               stdout=subprocess.PIPE, text=True)
    try:
        yield int(re.search(r"listening on (\d+)", process.stdout.readline()).group(1))
    finally:
        process.kill()
        process.wait()


def log(folder):
    path = folder / "log.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


class Lockbox(Daemon):
    """A daemon on a test clock, and a customer whose approvers are called as the test wants."""

    def start(self, config, approvers=("approver",)):
        self.config = self.root / "lockboxd.toml"
        self.config.write_text(config)
        made = subprocess.run([BINARY, "init", "--data-dir", self.data, "--admin", "admin@provider.example",
                               "--clock-control"], capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stderr
        self.admin = re.search(r"lbt_[A-Za-z0-9_-]{43,}", made.stdout).group(0)
        self.log = open(self.root / "daemon.log", "a")
        self.serve()
        made = self.call(self.admin, "tenant.create", name="contoso.example", adminAddress="ada@contoso.example",
                         adminDisplayName="Ada")
        self.ada = self.call(None, "tenant.claim", code=made["claimCode"])["token"]
        self.approvers = {name: self.person(self.ada, name, "contoso.example", "CustomerLockboxAccessApprover")
                          for name in approvers}
        self.eve = self.person(self.admin, "eve", "provider.example", "SupportEngineer", "/tenants")
        self.max = self.person(self.admin, "max", "provider.example", "SupportManager", "/tenants")

    def serve(self):
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data-dir", self.data, "--listen", "127.0.0.1:0", "--clock-control",
             "--config", self.config], stdout=subprocess.PIPE, stderr=self.log, text=True)
        for line in self.process.stdout:
            if where := re.search(r"http://[\d.]+:\d+", line):
                self.url = where.group(0)
                return
        raise RuntimeError("serve ended: " + (self.root / "daemon.log").read_text()[-2000:])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def advance(self, seconds):
        self.call(self.admin, "clock.advance", seconds=seconds)

    def pending(self):
        request = self.call(self.eve, "request.submit", tenant="contoso.example", serviceName="Exchange",
                            serviceRequestNumber="CLB#1", reason="Mail is not delivered")["request"]
        return self.call(self.max, "request.review", requestId=request["identity"], decision="Approve")["request"]

    def decide(self, request, decision="Deny"):
        return self.call(self.ada, "request.decide", requestId=request["identity"], decision=decision)

    def notifications(self, **params):
        """The customer's notifications about requests, oldest first."""
        rows = self.call(self.ada, "notification.list", pageSize=100, **params)["notifications"]
        return [row for row in reversed(rows) if row["identity"]]

    def of(self, name, event="requestArrived"):
        rows = [row for row in self.notifications()
                if row["receiver"] == f"{name}@contoso.example" and row["event"] == event]
        return rows[-1] if rows else None


@contextmanager
def lockbox(approvers=("approver",), tls="none", timeout=2, sink_options=(), config=""):
    with tempfile.TemporaryDirectory(prefix="lockbox-notify-") as place:
        root = Path(place)
        mails = root / "mails"
        with sink(mails, "--tls", tls, *sink_options) as port:
            daemon = Lockbox(BINARY, root)
            try:
                daemon.start('[mail]\nserver = "localhost"\nfrom = "Lockbox <lockbox@provider.example>"\n'
                             f'port = {port}\ntls = "{tls}"\ntimeout_seconds = {timeout}\n{config}', approvers)
                yield daemon, mails
            finally:
                daemon.stop()


def certificates(place):
    """A CA, and a server's certificate from it for localhost; gives the paths of the CA, the certificate and its key."""
    def new(name, *more):
        subprocess.run(["openssl", "req", "-x509", "-noenc", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-days", "2", "-keyout", place / f"{name}.key", "-out", place / f"{name}.pem", *more],
                       check=True, capture_output=True)
    new("ca", "-subj", "/CN=Our CA")
    new("server", "-subj", "/CN=mail", "-CA", place / "ca.pem", "-CAkey", place / "ca.key",
        "-addext", "basicConstraints=CA:FALSE", "-addext", "subjectAltName=DNS:localhost")
    return place / "ca.pem", place / "server.pem", place / "server.key"


def until(condition, what, seconds=30):
    assert wait_for(condition, seconds), f"{what} did not happen within {seconds} s"


def read(path):
    return BytesParser(policy=policy.default).parsebytes(path.read_bytes())


@test
def a_mail_over_tls_with_a_login_is_read_by_others():
    with tempfile.TemporaryDirectory() as place:
        password = Path(place) / "password"
        password.write_text("secret\n")
        authority, certificate, key = certificates(Path(place))
        config = f'username = "lockbox"\npassword_file = "{password}"\nca_file = "{authority}"\n'
        for tls in ("starttls", "implicit"):
            options = ("--certificate", certificate, "--key", key, "--login", "lockbox:secret")
            with lockbox(tls=tls, sink_options=options, config=config) as (daemon, mails):
                request = daemon.pending()
                until(lambda: len([line for line in log(mails) if line["to"] == ["approver@contoso.example"]]), "the mail")
                line = next(line for line in log(mails) if line["to"] == ["approver@contoso.example"])
                assert line["tls"] and line["user"] == "lockbox", line
                message = read(mails / f"{line['nr']:06}.eml")
                assert not message.defects, message.defects
                assert message["Subject"] == "A Customer Lockbox request is pending your approval"
                assert message["To"] == "approver@contoso.example"
                assert request["identity"] in message["References"]
                plain = message.get_body(("plain",)).get_content()
                assert f"Set-AccessToCustomerDataRequest -RequestId {request['requestId']}" in plain, plain
                assert message.get_body(("html",)) is not None


@test
def a_certificate_that_nobody_trusts_gets_no_mail():
    with lockbox(tls="starttls", sink_options=("--bad-certificate",)) as (daemon, mails):
        daemon.pending()
        until(lambda: (row := daemon.of("approver")) and row["attempts"] == 1, "an attempt")
        row = daemon.of("approver")
        assert row["state"] == "waiting" and "certificate" in row["result"].lower(), row
        assert log(mails) == []


@test
def what_is_put_off_is_delivered_later_and_what_is_refused_is_given_up_and_told():
    with lockbox(("defer1", "reject", "approver")) as (daemon, mails):
        daemon.pending()
        until(lambda: daemon.of("reject") and daemon.of("reject")["state"] == "undeliverable"
              and daemon.of("approver")["state"] == "delivered" and daemon.of("defer1")["attempts"] == 1, "the first round")
        assert "550" in daemon.of("reject")["result"], daemon.of("reject")
        deferred = daemon.of("defer1")
        assert deferred["state"] == "waiting" and "451" in deferred["result"], deferred
        daemon.advance(60)
        until(lambda: daemon.of("defer1")["state"] == "delivered", "the second try")
        assert daemon.of("defer1")["attempts"] == 2
        told = [line for line in log(mails) if line.get("nr") and "ada@contoso.example" in line["to"]]
        until(lambda: any("reject@contoso.example" in read(mails / f"{line['nr']:06}.eml").get_body(("plain",)).get_content()
                          for line in log(mails) if line.get("nr") and line["to"] == ["ada@contoso.example"]),
              f"the administrator is told ({told})")


@test
def a_receiver_that_stalls_or_breaks_off_holds_up_nobody():
    with lockbox(("stall", "drop", "approver"), timeout=3) as (daemon, mails):
        daemon.pending()
        until(lambda: daemon.of("approver") and daemon.of("approver")["state"] == "delivered", "the others", 20)
        until(lambda: daemon.of("stall")["attempts"] >= 1 and daemon.of("drop")["attempts"] >= 1, "the attempts")
        assert daemon.of("stall")["state"] == "waiting" and daemon.of("drop")["state"] == "waiting"
        daemon.advance(25 * 3600)
        until(lambda: daemon.of("stall")["state"] == daemon.of("drop")["state"] == "undeliverable", "the end")


@test
def a_mail_whose_answer_was_lost_comes_again_as_the_same():
    with lockbox(("lost",)) as (daemon, mails):
        daemon.pending()
        until(lambda: daemon.of("lost") and daemon.of("lost")["attempts"] == 1, "an attempt")
        daemon.advance(60)
        until(lambda: daemon.of("lost")["attempts"] == 2, "another attempt")
        ids = [line["messageId"] for line in log(mails) if line.get("nr") and line["to"] == ["lost@contoso.example"]]
        assert len(ids) == 2 and len(set(ids)) == 1, ids


@test
def a_killed_daemon_loses_nothing_and_repeats_only_what_was_under_way():
    with lockbox() as (daemon, mails):
        asked = []
        for _ in range(ROUNDS):
            for _ in range(random.randint(2, 6)):
                request = daemon.pending()
                daemon.decide(request)
                asked.append(request["identity"])
            # At some moment of the delivery: before the first mail, in the middle, or behind the last one.
            wanted = len(log(mails)) + random.randint(0, 12)
            wait_for(lambda: len(log(mails)) >= wanted, 0.5)
            daemon.kill()
            daemon.serve()
        count = lambda: Counter(line["messageId"] for line in log(mails) if line.get("nr"))

        def wanted():
            rows = [row for row in daemon.notifications() if row["state"] != "delivered"]
            return not rows
        until(wanted, "everything is delivered", 60)
        rows, cursor = [], None
        while True:
            page = daemon.call(daemon.ada, "notification.list", pageSize=100, **({"cursor": cursor} if cursor else {}))
            rows += page["notifications"]
            cursor = page["nextCursor"]
            if not cursor:
                break
        seen = count()
        for identity in asked:
            for event in ("requestArrived", "requestDecided"):
                of = [row for row in rows if row["identity"] == identity and row["event"] == event
                      and row["receiver"] == "approver@contoso.example"]
                assert len(of) == 1, (identity, event, of)
                assert seen[f"<{of[0]['notificationId']}@provider.example>"] >= 1, of
        repeated = sum(times - 1 for times in seen.values())
        assert repeated <= ROUNDS * 128, repeated
        print(f"   {len(asked)} requests, {sum(seen.values())} mails, {ROUNDS} kills, {repeated} repeated", flush=True)


def main():
    failed = 0
    names = sys.argv[1:]
    for function in TESTS:
        if names and function.__name__ not in names:
            continue
        try:
            function()
            print(f"ok {function.__name__}", flush=True)
        except (Exception, RpcError) as error:
            failed += 1
            print(f"FAILED {function.__name__}: {type(error).__name__}: {error}", flush=True)
    print(f"{(len(names) or len(TESTS)) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
