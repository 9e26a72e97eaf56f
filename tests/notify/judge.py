"""What others make of a post: signature by standardwebhooks, event by cloudevents, data by jsonschema."""
import json
from pathlib import Path
from unittest import mock

import jsonschema
import standardwebhooks.webhooks as webhooks
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas" / "events"


def signature_fault(keys, headers, body, at=None):
    """Why no key verifies the post; None where one does. `at` stands in for the present time."""
    fault = "no key is known"
    for key in keys:
        try:
            if at is None:
                webhooks.Webhook(key).verify(body, headers)
            else:
                with mock.patch.object(webhooks, "datetime", wraps=webhooks.datetime) as stopped:
                    stopped.now.return_value = at
                    webhooks.Webhook(key).verify(body, headers)
            return None
        except Exception as error:
            fault = f"{type(error).__name__}: {error}"
    return fault


def event_of(headers, body):
    """The attributes and the data of a CloudEvent in either mode; None where the post is none."""
    kind = headers.get("content-type", "")
    if not kind.startswith("application/cloudevents") and "ce-specversion" not in headers:
        return None
    event = from_http_event(HTTPMessage(dict(headers), body))
    attributes = {name: str(value) for name, value in event.get_attributes().items()}
    data = event.get_data()
    return attributes, data if isinstance(data, dict) else json.loads(data)


def data_fault(data):
    """What is wrong with an event's data; None where nothing is."""
    path = SCHEMAS / f"{data.get('event')}.json"
    if not path.exists():
        return f"no schema for {data.get('event')}"
    schema = json.loads(path.read_text())
    schema["$defs"] = json.loads((SCHEMAS / "common.json").read_text())["$defs"]
    # The files use what both drafts share, and both judge alike.
    for validator in (jsonschema.Draft7Validator, jsonschema.Draft202012Validator):
        validator.check_schema(schema)
        for error in validator(schema).iter_errors(data):
            return f"{error.json_path}: {error.message}"
    return None
