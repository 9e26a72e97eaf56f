#!/usr/bin/env python3
"""What others make of our webhooks, and whether receiver.py and smtp_sink.py do as they say.

Prints `ok NAME` or `FAILED NAME: WHY` for each test, and ends with one line `N passed, N failed`."""
import copy
import http.client
import io
import json
import smtplib
import ssl
import sys
import tempfile
import threading
import urllib.request
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import judge
import smtp_sink
import standardwebhooks
from receiver import Receiver

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "webhooks"
AT = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
KEY = "whsec_" + "A" * 43 + "="
TESTS = []


def test(function):
    TESTS.append(function)
    return function


@test
def a_signature_is_verified_by_either_key_and_by_no_other():
    signed = json.loads((GOLDEN / "signed.json").read_text())
    body = signed["body"].encode()
    for key in signed["keys"]:
        fault = judge.signature_fault([key], signed["headers"], body, AT)
        assert fault is None, fault
    assert judge.signature_fault([KEY], signed["headers"], body, AT)
    late = AT + timedelta(minutes=6)
    assert "too old" in judge.signature_fault(signed["keys"], signed["headers"], body, late)
    assert judge.signature_fault(signed["keys"], signed["headers"], body + b" ", AT)
    changed = signed["headers"] | {"webhook-id": "msg_other"}
    assert judge.signature_fault(signed["keys"], changed, body, AT)


@test
def events_of_both_modes_are_the_same_event_and_fit_their_schemas():
    cases = 0
    for path in sorted(GOLDEN.glob("cloudEvents-*.json")):
        events = []
        for mode in ("cloudEvents", "cloudEventsBinary"):
            post = json.loads((GOLDEN / path.name.replace("cloudEvents", mode, 1)).read_text())
            body = json.dumps(post["body"]).encode()
            attributes, data = judge.event_of(post["headers"], body)
            assert judge.data_fault(data) is None, judge.data_fault(data)
            attributes.pop("datacontenttype", None)
            events.append((attributes, data))
        assert events[0] == events[1], path.name
        assert events[0][0]["specversion"] == "1.0" and events[0][0]["type"].startswith("lockbox.")
        cases += 1
    assert cases == 5, cases


@test
def wrong_data_is_told():
    post = json.loads((GOLDEN / "cloudEvents-arrived.json").read_text())
    data = post["body"]["data"]
    for change in (lambda d: d.pop("tenant"), lambda d: d.update(event="nonsense"),
                   lambda d: d["request"].update(durationSeconds="long"), lambda d: d.pop("request")):
        wrong = copy.deepcopy(data)
        change(wrong)
        assert judge.data_fault(wrong)


@contextmanager
def receiver(*answers):
    server = Receiver(0, [KEY], answers, io.StringIO())
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def post(port, body, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", "/hook", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.getheader("retry-after"), answer.read()


@test
def the_receiver_counts_judges_and_answers_as_told():
    golden = json.loads((GOLDEN / "cloudEvents-arrived.json").read_text())
    body = json.dumps(golden["body"])
    signature = standardwebhooks.Webhook(KEY).sign("msg_1", datetime.now(timezone.utc), body)
    now = str(int(datetime.now(timezone.utc).timestamp()))
    headers = golden["headers"] | {"webhook-id": "msg_1", "webhook-timestamp": now, "webhook-signature": signature}
    with receiver("200", "429:7", "302", "500") as server:
        port = server.server_port
        assert post(port, body, headers)[0] == 200
        assert post(port, body, headers)[:2] == (429, "7")
        assert post(port, body, headers | {"webhook-signature": "v1,AAAA"})[0] == 302
        assert [post(port, "{}", {})[0] for _ in range(2)] == [500, 500]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/seen") as answer:
            seen = json.load(answer)
        assert [line["nr"] for line in seen] == [0, 1, 2, 3, 4]
        assert [line["again"] for line in seen] == [False, True, True, False, False]
        assert [line["fault"] is None for line in seen] == [True, True, False, False, False], seen[0]["fault"]
        assert seen[0]["event"]["type"] == "lockbox.requestArrived.v1" and seen[0]["dataFault"] is None
        assert len(server.log.getvalue().splitlines()) == 5
        request = urllib.request.Request(f"http://127.0.0.1:{port}/answers", b'["204"]', method="PUT")
        urllib.request.urlopen(request)
        assert post(port, "{}", {})[0] == 204


@test
def the_receiver_can_misbehave():
    for how, expected in (("garbage", http.client.BadStatusLine), ("drop", http.client.RemoteDisconnected),
                          ("half", http.client.IncompleteRead), ("stall", TimeoutError)):
        with receiver(how) as server:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=0.3)
                connection.request("POST", "/", b"{}")
                connection.getresponse().read()
            except expected:
                connection.close()
                continue
            raise AssertionError(how)


@contextmanager
def sink(*words):
    """The port, and the folder."""
    with tempfile.TemporaryDirectory(prefix="lockbox-sink-") as place, smtp_sink.running(place, *words) as port:
        yield port, Path(place)


def mail(client, to):
    return client.sendmail("a@x.example", to, "Message-ID: <1@x.example>\r\nSubject: S\r\n\r\nText\r\n")


def lines(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def fails(expected, call):
    try:
        call()
    except expected as error:
        return error
    raise AssertionError(f"no {expected}")


@test
def the_sink_does_as_the_recipient_says():
    with sink() as (port, folder):
        with smtplib.SMTP("127.0.0.1", port, timeout=5) as client:
            mail(client, ["ada@y.example", "bob@y.example"])
            for to, code in (("defer@y.example", 451), ("reject@y.example", 550), ("defer1@y.example", 451)):
                error = fails(smtplib.SMTPRecipientsRefused, lambda: mail(client, to))
                assert error.recipients[to][0] == code, error
                client.rset()
            mail(client, "defer1@y.example")
        for to in ("drop@y.example", "lost@y.example"):
            fails(smtplib.SMTPServerDisconnected, lambda: mail(smtplib.SMTP("127.0.0.1", port, timeout=5), to))
        stalled = smtplib.SMTP("127.0.0.1", port, timeout=0.3)
        fails((TimeoutError, smtplib.SMTPServerDisconnected), lambda: mail(stalled, "stall@y.example"))
        log = lines(folder)
        assert [(line.get("nr"), line.get("refused")) for line in log] == [
            (1, None), (None, 451), (None, 550), (None, 451), (2, None), (None, "drop"), (3, None), (None, "stall")], log
        assert log[0]["to"] == ["ada@y.example", "bob@y.example"] and log[0]["messageId"] == "<1@x.example>"
        assert len(list(folder.glob("*.eml"))) == 3
        assert b"Subject: S" in (folder / "000001.eml").read_bytes()


@test
def the_sink_wants_tls_and_a_login():
    certificate, key = smtp_sink.self_signed("localhost")
    trusting = ssl.create_default_context(cafile=certificate)
    files = ("--certificate", str(certificate), "--key", str(key), "--login", "lockbox:secret")
    for kind in ("starttls", "implicit"):
        with sink("--tls", kind, *files) as (port, folder):
            if kind == "implicit":
                client = smtplib.SMTP_SSL("localhost", port, timeout=5, context=trusting)
            else:
                client = smtplib.SMTP("localhost", port, timeout=5)
                fails(smtplib.SMTPResponseException, lambda: mail(client, "ada@y.example"))
                client.starttls(context=trusting)
            fails(smtplib.SMTPResponseException, lambda: mail(client, "ada@y.example"))
            fails(smtplib.SMTPAuthenticationError, lambda: client.login("lockbox", "wrong"))
            client.login("lockbox", "secret")
            mail(client, "ada@y.example")
            log = lines(folder)
            assert log[-1]["tls"] is True and log[-1]["user"] == "lockbox" and len(log) == 1, log
            client.close()
    with sink("--tls", "starttls", "--bad-certificate") as (port, folder):
        client = smtplib.SMTP("localhost", port, timeout=5)
        fails(ssl.SSLCertVerificationError, lambda: client.starttls(context=ssl.create_default_context()))
        assert not (folder / "log.jsonl").exists()


def main():
    failed = 0
    for function in TESTS:
        try:
            function()
            print(f"ok {function.__name__}", flush=True)
        except Exception as error:
            failed += 1
            print(f"FAILED {function.__name__}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(TESTS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
