#!/usr/bin/env python3
"""Reads mails of every event in every language with Python's own parsers.

`lockboxd notify preview` writes them; `email` must find no defect in them, `html.parser` no tag that
stays open, and nothing in them may be fetched when they are read. Ends with one line
`N passed, N failed, N skipped`.
"""
import email
import email.policy
import os
import re
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("LOCKBOXD") or REPO / "target" / "debug" / "lockboxd")
LANGUAGES = ["en", "de", "fr", "es", "ja"]
FIELDS = ["Product", "Service Request #", "Request ID", "Tenant", "Requestor", "Reason", "Create Time", "Duration",
          "Citizenship", "Expires"]
URGENT = {"requestArrived", "requestReminder", "requestEscalated", "emergencyAccess"}
REQUEST = "753680af-f974-4968-b451-bff85bafb18d"
VOID = {"meta", "br"}
DEADLINE = 60


class Page(HTMLParser):
    """The tags of a document, and its text as a reader sees it."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.faults, self.labels, self.values, self.names = [], [], [], [], set()
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"{self.open} stay open")

    def handle_starttag(self, tag, attributes):
        self.names.add(tag)
        for name, value in attributes:
            if name.startswith("on") or name in ("src", "href", "background", "action"):
                self.faults.append(f"<{tag} {name}={value}>")
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("dt", "dd"):
            (self.labels if tag == "dt" else self.values).append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes another tag")

    def handle_data(self, data):
        if self.open and self.open[-1] in ("dt", "dd"):
            (self.labels if self.open[-1] == "dt" else self.values)[-1] += data


def lockboxd(*arguments):
    return subprocess.run([BINARY, "notify", "preview", *arguments], capture_output=True, text=True, timeout=DEADLINE)


def faults_of(raw, event, language):
    """What is wrong with a message."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = list(message.walk())
    found = [f"{part.get_content_type()}: {part.defects}" for part in parts if part.defects]
    found += [f"{name}: {value.defects}" for name, value in message.items() if value.defects]
    if [part.get_content_type() for part in parts] != ["multipart/alternative", "text/plain", "text/html"]:
        return found + [f"parts: {[part.get_content_type() for part in parts]}"]
    if any(len(line) > 998 for line in raw.split(b"\r\n")) or b"\n" in raw.replace(b"\r\n", b""):
        found.append("lines")
    thread = f"<{REQUEST}@example.com>" if message["X-Lockbox-Request"] else None
    expected = {
        "To": "ada@contoso.example", "Auto-Submitted": "auto-generated", "X-Lockbox-Event": event,
        "Message-ID": "<00000000-0000-4000-8000-000000000000@example.com>", "References": thread, "In-Reply-To": thread,
        "Importance": "high" if event in URGENT else None, "MIME-Version": "1.0",
    }
    found += [f"{name}: {message[name]!r}" for name, value in expected.items() if message[name] != value]
    if not re.fullmatch(r"Customer Lockbox <[0-9a-f-]{36}\.lockbox\.example\.com>", str(message["List-Id"])):
        found.append(f"List-Id: {message['List-Id']!r}")
    if message["Date"].datetime.utcoffset() is None or not message["Subject"].strip():
        found.append("Date or Subject")

    text, html = (part.get_content() for part in parts[1:])
    page = Page(html)
    found += page.faults
    for content in (text, html):
        found += [f"holds {bad}" for bad in ("http", "src=", "<img", "<script", "url(", "{", "�")
                  if bad in (content if bad != "{" else text).lower()]
    for needed in ('<meta name="viewport"', '<meta name="color-scheme" content="light dark">', "prefers-color-scheme:dark",
                   f'<html lang="{language}">'):
        if needed not in html:
            found.append(f"no {needed}")
    # The same fields in both parts, in the same order; a request's as documented.
    rows = [f"{label}: {value}" for label, value in zip(page.labels, page.values)]
    lines = text.splitlines()
    at = [lines.index(row) for row in rows if row in lines]
    if len(at) != len(rows) or at != sorted(at):
        found.append(f"not in the text: {[row for row in rows if row not in lines]}")
    if thread and len(page.labels) < len(FIELDS) or thread and page.labels[2] != "Request ID":
        found.append(f"fields: {page.labels}")
    if thread and language == "en" and page.labels[:len(FIELDS)] != FIELDS:
        found.append(f"fields: {page.labels}")
    return found


def main():
    passed, failed = 0, 0
    refused = lockboxd("--event", "none")
    events = re.search(r"there are: (.*)", refused.stderr)[1].split(", ")
    audiences = re.search(r"there are: (.*)", lockboxd("--event", events[0], "--audience", "none").stderr)[1].split(", ")
    wanted = [(event, "approvers", language) for event in events for language in LANGUAGES]
    wanted += [(event, audience, "en") for event in events for audience in audiences[1:]]
    subjects = {}
    with tempfile.TemporaryDirectory(prefix="lockbox-letters-") as root:
        for event, audience, language in wanted:
            out = Path(root) / "mail.eml"
            out.unlink(missing_ok=True)
            done = lockboxd("--event", event, "--audience", audience, "--language", language, "--time-zone",
                            "Europe/Zurich", "--out", str(out))
            found = [done.stderr] if done.returncode else faults_of(out.read_bytes(), event, language)
            if not found and audience == "approvers":
                subject = email.message_from_bytes(out.read_bytes(), policy=email.policy.default)["Subject"]
                found = [f"{subjects[subject]} has this subject too"] if subject in subjects else []
                subjects[subject] = (event, language)
            passed, failed = passed + (not found), failed + bool(found)
            for fault in found:
                print(f"FAILED {event} {audience} {language}: {fault}", flush=True)
    if len(wanted) < 300:
        failed += 1
        print(f"FAILED only {len(wanted)} mails")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
