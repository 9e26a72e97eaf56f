#!/usr/bin/env python3
"""Recomputes the golden audit leaves from their inputs, without any code of the daemon.

It knows the format only from the design and from schemas/audit-personal.json: RFC 8785 text,
salted commitments, the leaf hash and the tree of RFC 6962. Standard library only.
"""

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "tests" / "golden" / "audit"
INLINE_LIMIT = 8192
RECORD_LIMIT = 65535
INTEGER_LIMIT = 2**53

passed = 0
failed = 0


def check(what, found, expected):
    global passed, failed
    if found == expected:
        passed += 1
        return
    failed += 1
    print(f"FAILED {what}\n  expected {expected!r}\n  found    {found!r}")


# RFC 8785


def canonical(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        if abs(value) >= INTEGER_LIMIT:
            raise ValueError(f"{value} is no integer below 2^53")
        return str(value)
    if isinstance(value, str):
        return string(value)
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(string(key) + ":" + canonical(value[key]) for key in keys) + "}"
    raise ValueError(f"{value!r} cannot be canonical")


ESCAPES = {
    '"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r",
}


def string(text):
    text.encode("utf-8")  # refuses unpaired surrogates
    out = []
    for c in text:
        if c in ESCAPES:
            out.append(ESCAPES[c])
        elif c < " ":
            out.append(f"\\u{ord(c):04x}")
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


# RFC 6962


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(data):
    return sha256(b"\x00" + data)


def tree_root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:]))


# The record


def text(value):
    return value if isinstance(value, str) else value["repeat"] * value["times"]


def instant(when, recorded_at):
    if "at" in when:
        return when["at"]
    moment = recorded_at + when["plusMillis"]
    return moment if when["notAfter"] is None else min(moment, when["notAfter"])


def plain_record(place, draft):
    """The record with every text as it is."""
    def at(when):
        return instant(when, place["recordedAt"])

    actor = draft["actor"]
    record = {
        "FormatVersion": 1,
        "LogId": place["logId"],
        "Sequence": place["sequence"],
        "RecordedAt": place["recordedAt"],
        "Shape": draft["shape"],
        "Id": draft["id"],
        "CreationTime": at(draft["creation"]),
        "OrganizationId": draft["org"],
        "OrganizationName": draft["organizationName"],
        "Operation": draft["operation"],
        "RecordType": draft["recordType"],
        "ResultStatus": "True" if draft["succeeded"] else "False",
        "UserId": draft["user"],
        "UserKey": draft["user"],
        "UserType": draft["userType"],
        "ExternalAccess": draft["externalAccess"],
        "ClientIP": draft["clientIP"],
        "ObjectId": draft["objectId"],
        "OriginatingServer": draft["originatingServer"],
        "Workload": draft["workload"],
        "Parameters": [
            {"Name": p["name"], "Value": text(p["value"])} for p in draft["parameters"]
        ],
        "Detail": draft["detail"],
        "Actor": {
            "Id": actor["id"],
            "Name": actor["name"],
            "Kind": actor["kind"],
            "Authentication": actor["authentication"],
            "Via": actor["via"],
        },
    }
    if place["testClock"]:
        record["TestClock"] = True
    if actor["providerName"] is not None:
        record["Actor"]["ProviderName"] = actor["providerName"]
    if actor["tokenId"] is not None:
        record["Actor"]["TokenId"] = actor["tokenId"]
    if draft["reportedBy"] is not None:
        record["ReportedBy"] = draft["reportedBy"]
    request = draft["request"]
    if request is not None:
        record["LockboxRequest"] = {
            "Identity": request["identity"],
            "RequestId": request["reference"],
            "ServiceRequestNumber": request["ticket"],
            "TermsDigest": request["termsDigest"],
        }
    elevation = draft["elevation"]
    if elevation is not None:
        record["Elevation"] = {
            "StartTime": at(elevation["startTime"]),
            "EffectiveOrganization": elevation["effectiveOrganization"],
            "ElevationTime": at(elevation["elevationTime"]),
            "ElevationApprover": elevation["approver"],
            "ElevationRequestId": elevation["requestId"],
            "ElevationRole": elevation["role"],
            "ElevationDuration": elevation["durationSeconds"],
            "GenericInfo": elevation["genericInfo"],
        }
        if elevation["approvedTime"] is not None:
            record["Elevation"]["ElevationApprovedTime"] = at(elevation["approvedTime"])
    if draft["moments"]:
        record["Moments"] = {m["name"]: at(m["when"]) for m in draft["moments"]}
    return record


def texts(node, pointer=""):
    """Every text of the record: (pointer, its container, its key)."""
    members = node.items() if isinstance(node, dict) else enumerate(node)
    for key, member in members:
        here = f"{pointer}/{key}"
        if isinstance(member, str):
            yield here, node, key
        elif isinstance(member, (dict, list)):
            yield from texts(member, here)


def personal_pointers(published, draft, record):
    """The personal fields of this record, by the published table."""
    conditions = {
        "always": lambda index: True,
        "userIsPerson": lambda index: draft["userIsPerson"],
        "freeText": lambda index: draft["parameters"][index]["freeText"],
        "actorIsNotDaemon": lambda index: draft["actor"]["kind"] != "daemon",
    }
    pointers = set()
    for pointer, container, key in texts(record):
        parts = pointer.split("/")
        index = next((int(part) for part in parts if part.isdigit()), None)
        pattern = "/".join("*" if part.isdigit() else part for part in parts)
        for field in published["fields"]:
            if field["pointer"] == pattern and container[key] and conditions[field["when"]](index):
                pointers.add(pointer)
    return pointers


def commitment(label, place, pointer, salt, value):
    parts = [
        label.encode("ascii"),
        bytes.fromhex(place["logId"].replace("-", "")),
        place["sequence"].to_bytes(8, "big"),
        pointer.encode("utf-8"),
        salt,
        value,
    ]
    return sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts))


def recompute(published, golden):
    """The canonical bytes of a golden file, from its inputs alone."""
    name, place, draft = golden["name"], golden["place"], golden["draft"]
    record = plain_record(place, draft)
    personal = personal_pointers(published, draft, record)
    check(f"{name}: personal fields", sorted(golden["salts"]), sorted(personal))
    label = published["commitment"]["label"]
    for pointer, container, key in list(texts(record)):
        value = container[key].encode("utf-8")
        if pointer in personal:
            salt = bytes.fromhex(golden["salts"].get(pointer, ""))
            stand_in = {"Commitment": commitment(label, place, pointer, salt, value).hex()}
            if len(value) > INLINE_LIMIT:
                stand_in["Length"] = len(value)
            container[key] = stand_in
        elif len(value) > INLINE_LIMIT:
            container[key] = {"Length": len(value), "Sha256": sha256(value).hex()}
    return canonical(record).encode("utf-8")


def check_vectors():
    """The script's own footing: published vectors of both RFCs."""
    keys = json.loads(
        r'{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7}'
    )
    expected = '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'
    check("RFC 8785 order of keys", canonical(keys), expected)
    sample = json.loads(r'"\u20ac$\u000F\u000aA' + r"'\u0042\u0022\u005c\\\"\/" + '"')
    check("RFC 8785 string", canonical(sample), "\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"")
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
              "606162636465666768696a6b6c6d6e6f"]
    root = tree_root([leaf_hash(bytes.fromhex(text)) for text in inputs])
    expected = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    check("RFC 6962 root of eight leaves", root.hex(), expected)


def check_goldens():
    published = json.loads((ROOT / "schemas" / "audit-personal.json").read_text("utf-8"))
    tree = json.loads((GOLDENS / "tree.json").read_text("utf-8"))
    files = sorted(path.stem for path in GOLDENS.glob("*.json") if path.stem != "tree")
    check("golden files in the tree", sorted(tree["leaves"]), files)
    leaves = []
    for name in tree["leaves"]:
        golden = json.loads((GOLDENS / f"{name}.json").read_text("utf-8"))
        check(f"{name}: name", golden["name"], name)
        check(f"{name}: sequence", golden["place"]["sequence"], len(leaves))
        data = recompute(published, golden)
        leaf = leaf_hash(data)
        check(f"{name}: canonical bytes", data.decode("utf-8"), golden["canonical"])
        check(f"{name}: at most {RECORD_LIMIT} bytes", len(data) <= RECORD_LIMIT, True)
        check(f"{name}: leaf hash", leaf.hex(), golden["leafHash"])
        shown = json.loads(golden["auditData"])
        check(f"{name}: leaf hash as shown", shown["LeafHash"], leaf.hex())
        leaves.append(leaf)
    check("root of the tree", tree_root(leaves).hex(), tree["root"])


def main():
    check_vectors()
    try:
        check_goldens()
    except (OSError, ValueError, KeyError, TypeError) as error:
        check(f"reading the golden files: {error!r}", False, True)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
