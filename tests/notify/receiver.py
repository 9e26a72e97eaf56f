#!/usr/bin/env python3
"""A receiver of webhooks that counts and judges. Prints `listening on PORT`, then one JSON line for each post.

Each line has nr, path, answer, webhookId, again (the id came before), fault (of the signature; null where it is
sound; with --key), event and dataFault (where the post is a CloudEvent), and body.

Answers are told by --answers or by `PUT /answers` with a JSON list, one for each post, the last one for ever:
a status such as 200, 410 or 500; 429:7 (with Retry-After); 302 (to /elsewhere, which is counted too);
stall (no answer until the other end goes), garbage (no HTTP), drop (closes without an answer), half (of an
answer), huge (a body without end). `GET /seen` gives all lines so far as a JSON list.
"""
import argparse
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import judge


class Receiver(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port, keys, answers, log=sys.stdout):
        super().__init__(("127.0.0.1", port), Handler)
        self.keys, self.answers, self.log = keys, list(answers), log
        self.seen, self.lock = [], threading.Lock()
        # Asked for each post before it is written down ("unheard") and before it is answered ("heard"): whether the
        # connection ends there.
        self.breaks = lambda moment: False

    def handle_error(self, request, client_address):
        # A caller that was killed says no good-bye.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def take(self, path, headers, body):
        """Judges a post and writes it down; gives how to answer."""
        line = {"path": path, "webhookId": headers.get("webhook-id"), "body": body.decode("utf-8", "replace")}
        if self.keys:
            line["fault"] = judge.signature_fault(self.keys, headers, body)
        try:
            event = judge.event_of(headers, body)
            if event:
                line["event"], line["dataFault"] = event[0], judge.data_fault(event[1])
        except Exception as error:
            line["event"], line["dataFault"] = None, f"{type(error).__name__}: {error}"
        with self.lock:
            line["nr"] = len(self.seen)
            line["again"] = line["webhookId"] is not None and any(
                one["webhookId"] == line["webhookId"] for one in self.seen)
            line["answer"] = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.seen.append(line)
            print(json.dumps(line), file=self.log, flush=True)
            return line["answer"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read(self):
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def answer(self, status, body=b"", more=""):
        # In one write: two would wait for each other's acknowledgement.
        head = f"HTTP/1.1 {status} -\r\ncontent-length: {len(body)}\r\n{more}\r\n"
        self.wfile.write(head.encode() + body)

    def do_PUT(self):
        answers = [str(one) for one in json.loads(self.read())]
        with self.server.lock:
            self.server.answers = answers
        self.answer(200)

    def do_GET(self):
        with self.server.lock:
            seen = json.dumps(self.server.seen).encode()
        self.answer(200, seen)

    def do_POST(self):
        body = self.read()
        headers = {name.lower(): value for name, value in self.headers.items()}
        if self.server.breaks("unheard"):
            self.close_connection = True
            return
        how = self.server.take(self.path, headers, body)
        if self.server.breaks("heard"):
            how = "drop"
        status, _, wait = how.partition(":")
        if status.isdigit():
            more = f"retry-after: {wait}\r\n" if wait else ""
            if status.startswith("3"):
                more += "location: /elsewhere\r\n"
            self.answer(int(status), b"ok", more)
            return
        self.close_connection = True
        if how == "stall":
            self.rfile.read(1)
        elif how == "garbage":
            self.wfile.write(b"220 mail.example ESMTP\r\n")
        elif how == "half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nha")
        elif how == "huge":
            self.wfile.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            try:
                while True:
                    self.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            except OSError:
                pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", action="append", default=[], help="whsec_...; several while keys change")
    parser.add_argument("--answers", default="200", help="separated by commas")
    options = parser.parse_args()
    receiver = Receiver(options.port, options.key, options.answers.split(","))
    print(f"listening on {receiver.server_port}", flush=True)
    try:
        receiver.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
