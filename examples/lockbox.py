#!/usr/bin/env python3
"""A client of Customer Lockbox in Python, with the standard library alone.

usage: lockbox.py pending                             what waits for a decision
       lockbox.py show REQUEST                        one request, as JSON
       lockbox.py decide REQUEST DECISION [COMMENT]   Approve, Deny or Cancel
       lockbox.py audit [FROM]                        the audit log from a sequence number on, as JSON lines
       lockbox.py follow [FROM]                       the same, and then what comes, until Ctrl-C
LOCKBOX_URL (default http://127.0.0.1:8420), LOCKBOX_TOKEN, LOCKBOX_CA (file of an own CA)
exit codes: 0 done, 1 the daemon said no, 64 wrong usage, 66 not found, 69 cannot be reached, 74 nobody reads
            any more, 75 try again later
"""
import http.client
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("LOCKBOX_URL", "http://127.0.0.1:8420")
HEADERS = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ.get('LOCKBOX_TOKEN', '')}"}
STATUS = {"notFound": 66, "busy": 75, "outcomeUnknown": 75}


class Failure(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def post(call):
    """The answer of one call; raises OSError or HTTPException where there is none."""
    context = ssl.create_default_context(cafile=os.environ.get("LOCKBOX_CA")) if URL.startswith("https:") else None
    asked = urllib.request.Request(f"{URL}/rpc", json.dumps(call).encode(), HEADERS)
    with urllib.request.urlopen(asked, timeout=30, context=context) as answer:
        return json.load(answer)


def call(method, **params):
    """The result of a method. A call without an answer is repeated: that is safe, because reads change
    nothing, and the one write here has an idempotency key, by which it is done once."""
    for last in (False, False, True):
        wait = 1
        try:
            answer = post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        except (OSError, http.client.HTTPException, ValueError) as fault:
            busy = isinstance(fault, urllib.error.HTTPError) and fault.code in (429, 503)
            if busy and last:
                raise Failure(75, f"{URL} is busy ({fault}): try again later.")
            certificate = isinstance(getattr(fault, "reason", fault), ssl.SSLCertVerificationError)
            if last or certificate or isinstance(fault, urllib.error.HTTPError) and not busy:
                raise Failure(69, f"{URL} cannot be reached ({fault}): see LOCKBOX_URL and LOCKBOX_CA, and whether lockboxd runs.")
        else:
            if "error" not in answer:
                return answer["result"]
            data = answer["error"]["data"]
            status = STATUS.get(data["code"], 1)
            if last or status != 75:
                raise Failure(status, f"{data['message']} {data['remedy']}")
            wait = data.get("retryAfterSeconds", 1)
        time.sleep(wait)


def pending():
    page = {"nextCursor": None}
    while page:
        more = {"cursor": page["nextCursor"]} if page["nextCursor"] else {}
        page = call("request.list", approvalStatus="Pending", **more)
        for one in page["requests"]:
            print(one["requestId"], one["expirationDate"], one["serviceName"], one["reason"], sep="\t")
        page = page if page["nextCursor"] else None


def show(request):
    print(json.dumps(call("request.get", requestId=request)["request"], indent=2, ensure_ascii=False))


def decide(request, decision, comment=""):
    done = call("request.decide", requestId=request, decision=decision, comment=comment, idempotencyKey=str(uuid.uuid4()))
    print(done["request"]["requestId"], done["request"]["state"])


def audit(start="0"):
    """Sequence numbers have no gap, so the next record has the next number; gives that number. The record
    before has to be there: in the shorter log that a restore begins, one would wait for a long time, and
    miss what came."""
    following = int(start)
    try:
        if following:
            call("audit.get", sequence=following - 1)
    except Failure as failure:
        if failure.status != 66:
            raise
        raise Failure(66, f"The log has no record {following - 1}. If the daemon was restored from a backup, a new log has begun: start at 0.")
    try:
        while True:
            print(call("audit.get", sequence=following)["record"]["auditData"], flush=True)
            following += 1
    except Failure as failure:
        if failure.status != 66:
            raise
        return following


def follow(start="0"):
    while True:
        start = audit(start)
        time.sleep(2)


def main(arguments):
    commands = {"pending": (pending, 0, 0), "show": (show, 1, 1), "decide": (decide, 2, 3),
                "audit": (audit, 0, 1), "follow": (follow, 0, 1)}
    name, *given = arguments or [""]
    command, fewest, most = commands.get(name, (None, 0, 0))
    wrong_number = name in ("audit", "follow") and not all(text.isdecimal() for text in given)
    if not command or not fewest <= len(given) <= most or wrong_number:
        print(__doc__.split("\n\n")[1], end="", file=sys.stderr)
        return 64
    try:
        command(*given)
        return 0
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python's last flush would complain
        return 74


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
