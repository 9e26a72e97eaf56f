"""PyPI jsonrpcclient, which makes requests and reads answers, over urllib: ids are integers, params are
left out where there are none, and an answer is an Ok or an Error."""
import json
import ssl
import urllib.error
import urllib.request

from checks import WORLD, check, equal, pending, refusal, story
from jsonrpcclient import Error, Ok, notification, parse, parse_json, request, request_uuid

TLS = WORLD["url"].startswith("https:")


def post(token, body, cafile=WORLD["ca"]):
    """Status, content type and text of an answer."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    asked = urllib.request.Request(f"{WORLD['url']}/rpc", json.dumps(body).encode(), headers)
    context = ssl.create_default_context(cafile=cafile) if TLS else None
    with urllib.request.urlopen(asked, timeout=30, context=context) as answer:
        return answer.status, answer.headers["Content-Type"], answer.read().decode()


def send(token, method, params=None):
    return parse_json(post(token, request(method, params))[2])


def call(token, method, params=None):
    answer = send(token, method, params)
    if isinstance(answer, Error):
        raise AssertionError(f"{method}: {answer}")
    return answer.result


@check("submit, review, decide, search")
def _():
    story(call)


@check("params left out; integer and UUID ids come back as they went")
def _():
    for asked in (request("system.info"), request_uuid("system.info")):
        assert "params" not in asked
        status, kind, text = post(None, asked)
        equal((status, kind), (200, "application/json; charset=utf-8"))
        answer = parse_json(text)
        assert isinstance(answer, Ok)
        equal((answer.id, type(answer.id)), (asked["id"], type(asked["id"])))


@check("a batch: results, errors, and nothing for a notification")
def _():
    one = pending(call, "CLB-2")
    get = {"requestId": one["requestId"]}
    batch = [request("request.get", get), request("no.such"),
             notification("request.decide", get | {"decision": "Deny"}), request("request.get", get)]
    before, unknown, after = parse(json.loads(post(WORLD["approver"], batch)[2]))
    equal([before.id, unknown.id, after.id], [batch[0]["id"], batch[1]["id"], batch[3]["id"]])
    # The notification between them was carried out, in its turn.
    equal([before.result["request"]["state"], after.result["request"]["state"]], ["Pending", "Denied"])
    assert isinstance(unknown, Error)
    refusal((unknown.code, unknown.message, unknown.data), -32601, "methodNotFound")


@check("a notification is carried out and not answered")
def _():
    one = pending(call, "CLB-3")
    deny = notification("request.decide", {"requestId": one["identity"], "decision": "Deny"})
    status, _, text = post(WORLD["approver"], deny)
    equal((status, text), (204, ""))
    equal(post(None, [notification("system.info")])[::2], (204, ""))
    equal(call(WORLD["approver"], "request.get", {"requestId": one["identity"]})["request"]["state"], "Denied")


@check("errors are an Error with code, message and data, with HTTP 200")
def _():
    def error(token, method, params=None):
        answer = send(token, method, params)
        assert isinstance(answer, Error), answer
        return answer.code, answer.message, answer.data

    refusal(error(None, "request.list"), -32001, "unauthenticated")
    refusal(error(WORLD["engineer"], "policy.put", {"hoursToAnswer": 1}), -32002, "forbidden")
    refusal(error(WORLD["approver"], "request.get", {"requestId": "EXSR999999"}), -32003, "notFound")
    refusal(error(WORLD["approver"], "request.list", ("Pending",)), -32602, "invalidParams")
    wrong = error(WORLD["approver"], "request.list", {"approvalStatus": "Sleeping"})
    refusal(wrong, -32602, "invalidParams")
    equal(wrong[2]["pointer"], "/approvalStatus")
    one = pending(call, "CLB-4")
    call(WORLD["approver"], "request.decide", {"requestId": one["identity"], "decision": "Deny"})
    late = error(WORLD["approver"], "request.decide", {"requestId": one["identity"], "decision": "Approve"})
    equal(late[2]["currentState"], "Denied")


if TLS:
    @check("a certificate of a CA that it does not know is not taken")
    def _():
        try:
            post(None, request("system.info"), cafile=None)
        except urllib.error.URLError as fault:
            assert isinstance(fault.reason, ssl.SSLCertVerificationError), fault
        else:
            raise AssertionError("it was taken")
