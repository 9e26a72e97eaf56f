#!/usr/bin/env python3
"""The daemon's mails at a Postfix, a server that was not written for us. Run by hand, as root, for Postfix needs that:

    apt-get install --no-install-recommends postfix sasl2-bin
    python3 tests/notify/run.py postfix.py

Configuration, queue and mailboxes are in a folder of their own; nothing of the machine's Postfix is touched, and it
ends with the test. Prints `ok NAME` or `FAILED NAME: WHY` for each test, and ends with `N passed, N failed`."""
import os
import pwd
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

from deliver import BINARY, Lockbox, RpcError, certificates, read, until

MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
rewrite unix - - n - - trivial-rewrite
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
myhostname = mail.contoso.example
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/maillog
maillog_file_prefixes = {root}
mydestination =
local_transport = error:none
virtual_mailbox_domains = contoso.example
virtual_mailbox_base = {root}/boxes
virtual_mailbox_maps = inline:{{
    {{approver@contoso.example = approver/}} {{ada@contoso.example = ada/}} {{grey@contoso.example = grey/}} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_security_level = encrypt
smtpd_tls_received_header = yes
smtpd_tls_cert_file = {root}/server.pem
smtpd_tls_key_file = {root}/server.key
smtpd_sasl_auth_enable = yes
smtpd_sasl_path = smtpd
smtpd_client_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service inet:127.0.0.1:{policy}
smtpd_relay_restrictions = reject_unauth_destination
smtpd_delay_reject = yes
smtpd_timeout = 2s
"""
SASL = """\
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: {root}/sasldb
mech_list: PLAIN LOGIN
"""
PASSWORD = "a pass=word: \u00fc"
REASON = "Pr\u00fcfung \u2014 \u898b\u3066\n.\n..two dots\nFrom here on " + "a long line " * 100
GREY = ("450 4.2.0 Greylisted, come again", "451 4.7.1 Greylisted, still too early")
TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Greylist(socketserver.StreamRequestHandler):
    """What Postfix asks about each recipient: `grey` is put off at first."""

    def handle(self):
        asked = {}
        for line in self.rfile:
            name, _, value = line.decode().strip().partition("=")
            asked[name] = value
            if not name:
                later = self.server.later if asked.get("recipient", "").startswith("grey@") else []
                self.wfile.write(f"action={later.pop(0) if later else 'DUNNO'}\n\n".encode())
                asked = {}


def free_port():
    with socketserver.TCPServer(("127.0.0.1", 0), None) as server:
        return server.server_address[1]


@contextmanager
def postfix(root):
    """A Postfix; gives its port and where its mailboxes are."""
    # Its processes run as other users, and must get there.
    root.chmod(0o755)
    for name in ("queue", "data", "boxes", "conf", "conf/sasl"):
        (root / name).mkdir()
    shutil.copy("/etc/postfix/dynamicmaps.cf", root / "conf")
    nobody, owner = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
    os.chown(root / "boxes", nobody.pw_uid, nobody.pw_gid)
    os.chown(root / "data", owner.pw_uid, owner.pw_gid)
    subprocess.run(["saslpasswd2", "-p", "-c", "-f", root / "sasldb", "-u", "mail.contoso.example", "lockbox"],
                   input=PASSWORD.encode(), check=True)
    os.chown(root / "sasldb", owner.pw_uid, owner.pw_gid)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Greylist) as policy:
        policy.daemon_threads, policy.later = True, list(GREY)
        threading.Thread(target=policy.serve_forever, daemon=True).start()
        port = free_port()
        (root / "conf" / "master.cf").write_text(MASTER.format(port=port))
        (root / "conf" / "main.cf").write_text(MAIN.format(
            root=root, policy=policy.server_address[1], uid=nobody.pw_uid, gid=nobody.pw_gid))
        (root / "conf" / "sasl" / "smtpd.conf").write_text(SASL.format(root=root))
        for command in ("check", "start"):
            subprocess.run(["postfix", "-c", root / "conf", command], check=True, capture_output=True, text=True)
        try:
            yield port
        finally:
            subprocess.run(["postfix", "-c", root / "conf", "stop"], check=False, capture_output=True)
            policy.shutdown()


class Mailboxes:
    def __init__(self, root):
        self.root = root

    def of(self, name):
        return [read(path) for path in sorted((self.root / "boxes" / name / "new").glob("*"))]

    def log(self):
        return (self.root / "maillog").read_text()


@contextmanager
def lockbox(*approvers, password=PASSWORD):
    """A daemon that mails through a Postfix, and the mailboxes."""
    with tempfile.TemporaryDirectory(prefix="lockbox-postfix-") as place, \
            tempfile.TemporaryDirectory(prefix="lockbox-notify-") as home:
        authority, _, _ = certificates(Path(place))
        secret = Path(home) / "password"
        secret.write_text(password)
        with postfix(Path(place)) as port:
            daemon = Lockbox(BINARY, home)
            try:
                daemon.start('[mail]\nserver = "localhost"\nfrom = "Lockbox <lockbox@provider.example>"\n'
                             f'port = {port}\ntls = "starttls"\nca_file = "{authority}"\nusername = "lockbox"\n'
                             f'password_file = "{secret}"\n', approvers)
                yield daemon, Mailboxes(Path(place))
            finally:
                daemon.stop()


def delivered(daemon, name):
    return (row := daemon.of(name)) and row["state"] == "delivered"


@test
def a_mail_comes_whole_over_tls_and_a_login():
    with lockbox("approver") as (daemon, boxes):
        request = daemon.pending(REASON)
        until(lambda: delivered(daemon, "approver") and boxes.of("approver"), "the mail")
        [message] = boxes.of("approver")
        row = daemon.of("approver")
        assert row["result"].startswith("250 2.0.0 Ok: queued as "), row
        assert not message.defects and not any(part.defects for part in message.walk()), message.defects
        for name, value in (("Message-ID", f"<{row['notificationId']}@provider.example>"),
                            ("From", "Lockbox <lockbox@provider.example>"), ("To", "approver@contoso.example"),
                            ("Return-Path", "<lockbox@provider.example>"),
                            ("Subject", "A Customer Lockbox request is pending your approval"),
                            ("References", f"<{request['identity']}@provider.example>"),
                            ("Auto-Submitted", "auto-generated"), ("X-Lockbox-Event", "requestArrived")):
            assert message.get_all(name) == [value], (name, message.get_all(name))
        assert message["Date"].datetime.tzinfo and message["List-Id"], message.items()
        assert len(message.get_all("Date")) == len(message.get_all("MIME-Version")) == 1
        assert "ESMTPSA" in message["Received"] and "TLSv1.3" in message["Received"], message["Received"]
        plain = message.get_body(("plain",)).get_content()
        assert f"Set-AccessToCustomerDataRequest -RequestId {request['requestId']}" in plain, plain
        for line in REASON.splitlines():
            assert line.strip() in plain, (line, plain)
        assert message.get_body(("html",)) is not None
        assert "sasl_method=" in boxes.log() and "sasl_username=lockbox" in boxes.log()


@test
def whoever_is_greylisted_gets_it_later_and_once():
    with lockbox("approver", "grey") as (daemon, boxes):
        daemon.pending()
        until(lambda: delivered(daemon, "approver") and daemon.of("grey")["attempts"] == 1, "the first try")
        assert daemon.of("grey")["state"] == "waiting" and "450" in daemon.of("grey")["result"], daemon.of("grey")
        daemon.advance(60)
        until(lambda: daemon.of("grey")["attempts"] == 2, "the second try")
        assert "451" in daemon.of("grey")["result"], daemon.of("grey")
        daemon.advance(120)
        until(lambda: delivered(daemon, "grey") and boxes.of("grey"), "the third try")
        assert daemon.of("grey")["attempts"] == 3 and len(boxes.of("grey")) == 1


@test
def nobody_of_that_name_is_final_and_told():
    with lockbox("nobody") as (daemon, boxes):
        daemon.pending()
        until(lambda: (row := daemon.of("nobody")) and row["state"] == "undeliverable", "the refusal")
        row = daemon.of("nobody")
        assert row["attempts"] == 1 and "550" in row["result"] and "5.1.1" in row["result"], row
        told = lambda: [one for one in boxes.of("ada") if one["X-Lockbox-Event"] == "notificationUndeliverable"]
        until(told, "the administrator is told")
        assert "nobody@contoso.example" in told()[0].get_body(("plain",)).get_content()


@test
def a_password_that_does_not_fit_is_the_operators_to_mend():
    with lockbox("approver", password="wrong") as (daemon, boxes):
        daemon.pending()
        until(lambda: (row := daemon.of("approver")) and row["attempts"] == 1, "the refusal")
        row = daemon.of("approver")
        assert row["state"] == "waiting" and "535" in row["result"], row
        assert boxes.of("approver") == []


@test
def a_connection_that_the_server_has_closed_costs_no_attempt():
    with lockbox("approver") as (daemon, boxes):
        for nr in (1, 2):
            request = daemon.pending()
            until(lambda: delivered(daemon, "approver") and len(boxes.of("approver")) == nr, "the mail")
            assert daemon.of("approver")["identity"] == request["identity"] and daemon.of("approver")["attempts"] == 1
            until(lambda: boxes.log().count("timeout after") >= nr, "Postfix closes")


def main():
    failed = 0
    for function in TESTS:
        try:
            function()
            print(f"ok {function.__name__}", flush=True)
        except (Exception, RpcError) as error:
            failed += 1
            print(f"FAILED {function.__name__}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
