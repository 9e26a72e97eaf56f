#!/usr/bin/env python3
"""The daemon's mails at a real SMTP server, which takes them, puts them off, refuses them, stalls or breaks off, and
what a daemon that is killed loses and repeats.

The daemon is LOCKBOXD, or target/debug/lockboxd; time is its test clock, which the tests move. Prints `ok NAME` or
`FAILED NAME: WHY` for each test, and ends with one line `N passed, N failed`."""
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import uuid
from collections import Counter, defaultdict
from contextlib import contextmanager
from email import policy
from email.parser import BytesParser
from http.client import HTTPException
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "powershell"))
import smtp_sink
from daemon import Daemon, RpcError, wait_for
from receiver import Receiver

BINARY = Path(os.environ.get("LOCKBOXD") or HERE.parents[1] / "target" / "debug" / "lockboxd").resolve()
ROUNDS = int(os.environ.get("LOCKBOX_NOTIFY_ROUNDS", "6"))
# The most that a lane has under way.
BATCH = int(next(found[1] for file in (HERE.parents[1] / "src" / "notify").glob("*.rs")
                 if (found := re.search(r"const BATCH: usize = (\d+);", file.read_text()))))
RECEIVERS = ("approver@contoso.example", "hook")
TESTS = []


def test(function):
    TESTS.append(function)
    return function


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
        # That they have got their role is told to the approvers, which is not what is counted here.
        quiet = [{"event": "rolesChanged", "audience": "affected", "on": False}]
        self.call(self.ada, "policy.put", notifications={"switches": quiet})
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
        # Reaped before the files are looked at: only then is it gone.
        self.process.wait()

    def advance(self, seconds):
        self.call(self.admin, "clock.advance", seconds=seconds)

    def pending(self, reason="Mail is not delivered"):
        request = self.call(self.eve, "request.submit", tenant="contoso.example", serviceName="Exchange",
                            serviceRequestNumber="CLB#1", reason=reason)["request"]
        return self.call(self.max, "request.review", requestId=request["identity"], decision="Approve")["request"]

    def decide(self, request, decision="Deny"):
        return self.call(self.ada, "request.decide", requestId=request["identity"], decision=decision)

    def notifications(self):
        """The customer's notifications about requests, oldest first."""
        rows, cursor = [], {}
        while cursor is not None:
            page = self.call(self.ada, "notification.list", pageSize=100, **cursor)
            rows += page["notifications"]
            cursor = {"cursor": page["nextCursor"]} if page["nextCursor"] else None
        return [row for row in reversed(rows) if row["identity"]]

    def of(self, name, event="requestArrived"):
        rows = [row for row in self.notifications()
                if row["receiver"] == f"{name}@contoso.example" and row["event"] == event]
        return rows[-1] if rows else None


@contextmanager
def lockbox(approvers=("approver",), tls="none", timeout=2, sink_options=(), config="", breaks=None):
    with tempfile.TemporaryDirectory(prefix="lockbox-notify-") as place:
        root = Path(place)
        mails = root / "mails"
        with smtp_sink.running(mails, "--tls", tls, *sink_options, breaks=breaks) as port:
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


def under_way(daemon):
    """What a daemon that is dead had begun to deliver and not written down yet, by lane; read from a copy."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("lockbox.db", "lockbox.db-wal"):
            if (daemon.data / name).exists():
                shutil.copy(daemon.data / name, place)
        store = sqlite3.connect(Path(place) / "lockbox.db")
        rows = store.execute("SELECT lane, id FROM delivery WHERE state = 'waiting' AND lease > 0").fetchall()
        # A webhook is told before there is a row: by the event, which waits until there is one.
        events = store.execute(
            "SELECT due, e.nr, o.id, w.id FROM outbox e JOIN organization o ON o.nr = e.org JOIN webhook w ON w.org = e.org"
            " WHERE e.state = 'waiting'").fetchall()
        store.close()
    lanes = defaultdict(list)
    for lane, identity in rows:
        lanes[lane].append(str(uuid.UUID(bytes=identity)))
    for due, nr, org, hook in events:
        hook = str(uuid.UUID(bytes=hook))
        lanes[hook].append(identity_of(due, nr, org, hook))
    return lanes


def identity_of(due, nr, org, target):
    """A delivery's identity: the event's instant, and a digest of its place and of the receiver (UUID version 7)."""
    digest = hashlib.sha256(f"{due}-{nr}".encode() + org + target.lower().encode()).digest()
    raw = bytearray(due.to_bytes(6, "big") + digest[:10])
    raw[6] = 0x70 | raw[6] & 0x0f
    raw[8] = 0x80 | raw[8] & 0x3f
    return str(uuid.UUID(bytes=bytes(raw)))


class Strike:
    """Kills a daemon at the n-th delivery that one end sees, before that end has it, or before it has said so."""

    def __init__(self):
        self.daemon, self.at, self.left = None, None, 0

    def breaks(self, end):
        """What an end asks at each moment of a delivery; whether it hangs up then."""
        def asked(moment):
            if (end, moment) == self.at:
                self.left -= 1
                if self.left == 0:
                    self.daemon.kill()
                    return True
            return False
        return asked


@test
def a_killed_daemon_loses_nothing_and_repeats_only_what_was_under_way_at_either_end():
    strike = Strike()
    # Each kill can leave a request that nobody decides any more.
    config = f"{LOCAL}[limits]\npending_per_engineer = {ROUNDS + 5}\npending_per_tenant = {ROUNDS + 5}\n"
    with receiver() as server, lockbox(config=config, breaks=strike.breaks("mail")) as (daemon, mails):
        strike.daemon, server.breaks = daemon, strike.breaks("webhook")
        webhook(daemon, server)
        asked, begun, moments = [], Counter(), []
        for _ in range(ROUNDS):
            moments = moments or random.sample([(end, moment) for end in ("mail", "webhook") for moment in ("unheard", "heard")], 4)
            # Eight requests make at least sixteen deliveries for either end.
            strike.left, strike.at = random.randint(1, 12), moments.pop()
            try:
                for _ in range(8):
                    request = daemon.pending()
                    daemon.decide(request)
                    asked.append(request["identity"])
            except (OSError, HTTPException):
                pass  # It died in the middle of a call.
            until(lambda: daemon.process.poll() is not None, f"a strike at {strike.at}")
            for lane, ids in under_way(daemon).items():
                assert len(ids) <= BATCH, (lane, len(ids))
                begun.update(ids)
            daemon.serve()

        expected = {(channel, identity, event) for channel in ("mail", "webhook") for identity in asked
                    for event in ("requestArrived", "requestDecided")}
        missing = lambda: expected - {(row["channel"], row["identity"], row["event"]) for row in daemon.notifications()
                                      if row["state"] == "delivered" and row["receiver"] in RECEIVERS}
        assert wait_for(lambda: not missing(), 60), f"never delivered: {missing()}"
        mail = [re.fullmatch(r"<(.+)@provider.example>", line["messageId"])[1] for line in log(mails)]
        posts = [one["webhookId"] for one in server.seen]
        assert all(one.get("fault") is None and one["dataFault"] is None for one in server.seen)
        repeated = {}
        for channel, came in (("mail", mail), ("webhook", posts)):
            seen = Counter(came)
            of = defaultdict(list)
            for row in daemon.notifications():
                if row["channel"] == channel and row["state"] == "delivered":
                    assert seen[row["notificationId"]], ("lost", row)
                    of[row["identity"], row["receiver"]].append((row["event"], row["notificationId"]))
            for (identity, name), events in of.items():
                if name in RECEIVERS and identity in asked:
                    # One notification for each event, and in order, also where both were repeated.
                    assert [event for event, _ in events] == ["requestArrived", "requestDecided"], (name, events)
                    (_, first), (_, second) = events
                    assert came.index(first) < came.index(second), ("overtaken", name, events)
                    assert came[::-1].index(first) > came[::-1].index(second), ("overtaken", name, events)
            for identity, times in seen.items():
                assert times <= 1 + begun[identity], ("repeated", channel, identity, times, begun[identity])
            repeated[channel] = len(came) - len(seen)
        print(f"   {len(asked)} requests, {ROUNDS} kills: {len(mail)} mails, {repeated['mail']} of them again; "
              f"{len(posts)} posts, {repeated['webhook']} of them again", flush=True)


@contextmanager
def receiver(*answers):
    """A receiver of webhooks, in this process."""
    with open(os.devnull, "w") as nowhere:
        server = Receiver(0, [], answers or ("200",), nowhere)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
            server.server_close()


def webhook(daemon, server, path="/hook", format="cloudEvents", **more):
    made = daemon.call(daemon.ada, "webhook.create", name=path.strip("/"), format=format,
                       url=f"http://127.0.0.1:{server.server_port}{path}", **more)
    server.keys.append(made["secret"])
    return made["webhookId"]


LOCAL = '[egress]\nallow = ["127.0.0.1"]\n'


@test
def a_webhook_gets_signed_cloud_events_in_order_and_others_verify_them():
    with receiver() as server, lockbox(config=LOCAL) as (daemon, _):
        for format in ("cloudEvents", "cloudEventsBinary"):
            webhook(daemon, server, f"/{format}", format)
        request = daemon.pending()
        daemon.decide(request)
        for path in ("/cloudEvents", "/cloudEventsBinary"):
            of = lambda: [one for one in server.seen if one["path"] == path
                          and one["event"].get("subject") == request["identity"] and "request" in one["event"]["type"]]
            until(lambda: len(of()) >= 2, "the events")
            seen = of()
            kinds = [one["event"]["type"] for one in seen]
            assert len(kinds) == 2 and "Arrived" in kinds[0] and "Decided" in kinds[1], kinds
            for one in seen:
                assert one["fault"] is None and one["dataFault"] is None and not one["again"], one
        assert "eve@" not in json.dumps(server.seen), "the customer's receiver reads an engineer's name"


@test
def a_private_address_is_no_webhook_where_nobody_allowed_it():
    with receiver() as server, lockbox() as (daemon, _):
        for url in (f"http://127.0.0.1:{server.server_port}/", "https://169.254.169.254/", "https://[::ffff:10.0.0.1]/"):
            try:
                daemon.call(daemon.ada, "webhook.create", name="x", format="json", url=url)
                raise AssertionError(f"{url} was taken")
            except RpcError as error:
                assert "invalidParams" in str(error) or "refused" in str(error).lower(), error
        assert server.seen == []


@test
def a_receiver_that_fails_is_tried_again_with_the_same_id_and_redirects_are_not_followed():
    with receiver("500", "302", "garbage", "200") as server, lockbox(config=LOCAL) as (daemon, _):
        webhook(daemon, server, events=["requestArrived"])
        daemon.pending()
        for tries in (1, 2, 3, 4):
            until(lambda: len(server.seen) >= tries, f"try {tries}")
            until(lambda: [row for row in daemon.notifications() if row["channel"] == "webhook"][0]["attempts"] >= tries,
                  f"the outcome of try {tries}")
            daemon.advance(300)
        assert {one["path"] for one in server.seen} == {"/hook"}
        assert len({one["webhookId"] for one in server.seen}) == 1
        row = [row for row in daemon.notifications() if row["channel"] == "webhook"][0]
        assert row["state"] == "delivered" and row["attempts"] == 4, row


@test
def a_receiver_that_fails_for_long_is_paused_and_its_owner_told_and_it_holds_up_nobody():
    with receiver("stall") as slow, receiver() as quick, lockbox(config=LOCAL) as (daemon, mails):
        paused = webhook(daemon, slow, "/slow", events=["requestArrived"])
        webhook(daemon, quick, "/quick", events=["requestArrived", "webhookPaused"])
        daemon.pending()
        until(lambda: len(quick.seen) == 1, "the other webhook")
        until(lambda: daemon.of("approver") and daemon.of("approver")["state"] == "delivered", "the mail")
        rows = lambda: [row for row in daemon.notifications() if row["receiver"] == "slow"]
        until(lambda: rows() and rows()[0]["attempts"] == 1, "the failure")
        daemon.advance(25 * 3600)
        until(lambda: rows()[0]["state"] == "undeliverable", "the end", 60)
        hooks = daemon.call(daemon.ada, "webhook.list")["webhooks"]
        assert [hook["webhookId"] for hook in hooks if hook["paused"]] == [paused], hooks
        until(lambda: any("webhookPaused" in one["body"] for one in quick.seen), "the other webhook is told")
        seen = len(slow.seen)
        daemon.pending()
        until(lambda: len([one for one in quick.seen if "requestArrived" in one["body"]]) == 2, "the next event")
        assert len(slow.seen) == seen, "a paused webhook was called"


@test
def two_keys_sign_while_one_takes_the_place_of_the_other():
    with receiver() as server, lockbox(config=LOCAL) as (daemon, _):
        hook = webhook(daemon, server, events=["requestArrived"])
        old = server.keys[0]
        new = daemon.call(daemon.ada, "webhook.rotate", webhookId=hook, overlapHours=1)["secret"]
        for keys, fits in (([old], True), ([new], True)):
            server.keys[:] = keys
            count = len(server.seen)
            daemon.pending()
            until(lambda: len(server.seen) > count, "the event")
            assert (server.seen[-1]["fault"] is None) is fits, server.seen[-1]
        daemon.advance(3600)
        server.keys[:] = [old]
        count = len(server.seen)
        daemon.pending()
        until(lambda: len(server.seen) > count, "the event")
        assert server.seen[-1]["fault"], "the old key still signs"


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
