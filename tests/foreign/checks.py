"""What the Python and curl clients have in common: the world that run.py made, the report, the main story."""
import json
import os
import re
import traceback
import uuid

WORLD = json.load(open(os.environ["FOREIGN_WORLD"], encoding="utf-8"))
REASON = "Mail of Zoë Hofer is not delivered – 日本"


def check(name):
    """Runs a test at once, and reports it."""
    def run(test):
        try:
            test()
            print(f"ok {name}", flush=True)
        except Exception:
            print(f"FAILED {name}: {json.dumps(traceback.format_exc())}", flush=True)
    return run


def equal(got, expected):
    if got != expected:
        raise AssertionError(f"{got!r} is not {expected!r}")


def pending(call, ticket):
    """A request that has arrived at the customer; `call` is (token, method, params) → result."""
    asked = call(WORLD["engineer"], "request.submit", {
        "tenant": WORLD["tenant"], "serviceName": "Exchange", "serviceRequestNumber": ticket,
        "reason": REASON, "durationSeconds": 3600})["request"]
    reviewed = call(WORLD["manager"], "request.review", {"requestId": asked["identity"], "decision": "Approve"})
    equal(reviewed["request"]["state"], "Pending")
    return reviewed["request"]


def story(call):
    """Submit, review, decide, search."""
    asked = pending(call, "CLB-1")
    waiting = call(WORLD["approver"], "request.list", {"approvalStatus": "Pending"})["requests"]
    equal([one["reason"] for one in waiting if one["identity"] == asked["identity"]], [REASON])
    decision = {"requestId": asked["requestId"], "decision": "Approve", "comment": "Fine, “once” ✓",
                "idempotencyKey": str(uuid.uuid4())}
    for replayed in (False, True):
        done = call(WORLD["approver"], "request.decide", decision)
        equal((done["request"]["state"], done["replayed"]), ("Approved", replayed))
    found = call(WORLD["admin"], "audit.search", {
        "operations": ["Set-AccessToCustomerDataRequest"], "objectIds": [asked["identity"]]})
    equal(found["total"], 1)
    data = json.loads(found["records"][0]["auditData"])
    equal(data["Parameters"][0], {"Name": "Comment", "Value": decision["comment"]})


def refusal(error, number, code):
    """What every error holds; `error` is its number, message and data."""
    got, message, data = error
    equal((got, data["code"]), (number, code))
    for text in (message, data["message"], data["remedy"]):
        if not re.search(r"\S", text):
            raise AssertionError(f"{error} says nothing")
