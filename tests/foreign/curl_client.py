"""curl over the Unix socket: what is on the wire, byte by byte."""
import json
import subprocess

from checks import WORLD, check, equal, pending, refusal, story


def curl(path, *more, token=None, body=None):
    """Status, content type and text of an answer."""
    command = ["curl", "--silent", "--show-error", "--max-time", "30", "--unix-socket", WORLD["socket"],
               "--write-out", "\n%{http_code} %{content_type}", *more]
    if token:
        command += ["--header", f"Authorization: Bearer {token}"]
    if body is not None:
        command += ["--header", "Content-Type: application/json", "--data-binary", "@-"]
    done = subprocess.run([*command, f"http://localhost{path}"], input=body, capture_output=True, text=True,
                          encoding="utf-8", timeout=60)
    equal((done.returncode, done.stderr), (0, ""))
    text, _, line = done.stdout.rpartition("\n")
    status, _, kind = line.partition(" ")
    return int(status), kind, text


def post(token, body):
    return curl("/rpc", token=token, body=body if isinstance(body, str) else json.dumps(body, ensure_ascii=False))


def send(token, method, params, id=1):
    status, kind, text = post(token, {"jsonrpc": "2.0", "id": id, "method": method, "params": params})
    equal((status, kind), (200, "application/json; charset=utf-8"))
    answer = json.loads(text)
    equal((answer["jsonrpc"], answer["id"]), ("2.0", id))
    return answer


def call(token, method, params):
    answer = send(token, method, params)
    if "error" in answer:
        raise AssertionError(f"{method}: {answer}")
    return answer["result"]


@check("submit, review, decide, search")
def _():
    story(call)


@check("the record says that it came over the socket, without an address")
def _():
    found = call(WORLD["admin"], "audit.search", {"operations": ["Set-AccessToCustomerDataRequest"]})
    data = json.loads(found["records"][0]["auditData"])
    equal((data["ClientIP"], data["Actor"]["Via"]), ("", "unix"))


@check("ids of every kind come back as they went")
def _():
    for id in (0, -1, 1.5, 9007199254740993, "0", "a\u00e9\"b", "", None):
        send(None, "system.info", {}, id)


@check("a batch: results, errors, and nothing for a notification")
def _():
    one = pending(call, "CLB-2")
    get = {"requestId": one["requestId"]}
    part = lambda method, params, **id: {"jsonrpc": "2.0", "method": method, "params": params} | id
    batch = [part("request.get", get, id="a"), part("no.such", {}, id=2), 7,
             part("request.decide", get | {"decision": "Deny"}), part("request.get", get, id="b")]
    status, _, text = post(WORLD["approver"], batch)
    answers = json.loads(text)
    equal((status, [answer["id"] for answer in answers]), (200, ["a", 2, None, "b"]))
    equal([answers[n]["result"]["request"]["state"] for n in (0, 3)], ["Pending", "Denied"])
    equal([answers[n]["error"]["code"] for n in (1, 2)], [-32601, -32600])


@check("a notification is carried out and not answered")
def _():
    one = pending(call, "CLB-3")
    deny = {"jsonrpc": "2.0", "method": "request.decide", "params": {"requestId": one["identity"], "decision": "Deny"}}
    equal(post(WORLD["approver"], deny)[::2], (204, ""))
    equal(post(WORLD["approver"], [deny])[::2], (204, ""))
    equal(call(WORLD["approver"], "request.get", {"requestId": one["identity"]})["request"]["state"], "Denied")


@check("what is no call, with HTTP 200")
def _():
    for body, number, code in (("{", -32700, "parseError"), ("[]", -32600, "invalidRequest"), ("7", -32600, "invalidRequest"),
                               ('{"jsonrpc": "1.0", "id": 1, "method": "system.info"}', -32600, "invalidRequest")):
        status, _, text = post(None, body)
        error = json.loads(text)["error"]
        equal(status, 200)
        refusal((error["code"], error["message"], error["data"]), number, code)


@check("errors of methods, with HTTP 200")
def _():
    def error(*given):
        found = send(*given)["error"]
        return found["code"], found["message"], found["data"]

    refusal(error(None, "request.list", {}), -32001, "unauthenticated")
    refusal(error(WORLD["engineer"], "policy.put", {"hoursToAnswer": 1}), -32002, "forbidden")
    refusal(error(WORLD["approver"], "request.get", {"requestId": "EXSR999999"}), -32003, "notFound")
    refusal(error(WORLD["approver"], "request.list", ["Pending"]), -32602, "invalidParams")


@check("GET: health, the document, and what is not there")
def _():
    equal(curl("/healthz")[0], 200)
    status, kind, text = curl("/openrpc.json")
    equal((status, kind, json.loads(text)["openrpc"]), (200, "application/json; charset=utf-8", "1.3.2"))
    equal([curl("/rpc")[0], curl("/nothing")[0]], [405, 404])
