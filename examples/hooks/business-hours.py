#!/usr/bin/env python3
"""A decision hook: denies what arrives at the customer outside business hours.

    [hooks.business-hours]
    program = "/usr/local/lib/lockbox/business-hours.py"
    arguments = ["Europe/Zurich", "08:00", "18:00"]

Reads the question (JSON) on standard input, writes the answer (JSON) on standard output.
"""
import json
import sys
from datetime import datetime, time
from zoneinfo import ZoneInfo

zone, opens, closes = sys.argv[1:4]
question = json.load(sys.stdin)
arrived = datetime.fromisoformat(question["request"]["sentToCustomerDate"]).astimezone(ZoneInfo(zone))
opened = arrived.weekday() < 5 and time.fromisoformat(opens) <= arrived.time() < time.fromisoformat(closes)
if opened:
    answer = {"decision": "pass"}
else:
    answer = {"decision": "deny", "reason": f"It arrived at {arrived:%A %H:%M} in {zone}; we work from {opens} to {closes}."}
json.dump(answer, sys.stdout)
