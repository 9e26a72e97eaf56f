#!/usr/bin/env python3
"""An SMTP server that does as the recipient's name says. Prints `listening on PORT`.

What it accepts it writes into --dir as NR.eml, with a line in --dir/log.jsonl: nr, from, to, messageId, tls, user.
What it does not take has a line too, with refused in place of nr. The part of a recipient before @ begins with
  defer    451 for ever; deferN 451 for the first N tries of that recipient
  reject   550 for ever
  stall    no answer to RCPT
  drop     the connection ends in the middle of DATA
  lost     the mail is taken and written down, and the connection ends before the answer
and everything else is accepted.
"""
import argparse
import asyncio
import json
import logging
import re
import ssl
import subprocess
import tempfile
import threading
from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

# Half of what is tried here breaks off; it would tell of each with a stack.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Sink:
    """What happens to mails."""

    def __init__(self, folder, implicit=False, breaks=None):
        self.folder, self.implicit = Path(folder), implicit
        self.breaks = breaks or (lambda moment: False)
        self.tries, self.count = Counter(), 0
        self.folder.mkdir(parents=True, exist_ok=True)

    def log(self, session, **line):
        login = session.auth_data
        line |= {"tls": self.implicit or session.ssl is not None, "user": login.login.decode() if login else None}
        with (self.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(line) + "\n")

    async def handle_RCPT(self, _server, session, envelope, address, _options):
        self.tries[address] += 1
        name = address.partition("@")[0].lower()
        if found := re.match(r"defer(\d*)", name):
            if not found[1] or self.tries[address] <= int(found[1]):
                self.log(session, refused=451, to=address)
                return "451 4.2.1 come again later"
        if name.startswith("reject"):
            self.log(session, refused=550, to=address)
            return "550 5.1.1 nobody of that name"
        if name.startswith("stall"):
            self.log(session, refused="stall", to=address)
            await asyncio.Event().wait()
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        if self.breaks("unheard"):
            server.transport.abort()
            return "421 4.3.0 going"
        self.count += 1
        (self.folder / f"{self.count:06}.eml").write_bytes(envelope.original_content)
        message = message_from_bytes(envelope.original_content)
        self.log(session, nr=self.count, **{"from": envelope.mail_from}, to=envelope.rcpt_tos,
                 messageId=message["Message-ID"])
        if any(one.startswith("lost") for one in envelope.rcpt_tos) or self.breaks("heard"):
            server.transport.abort()
        return "250 2.0.0 taken"


class Server(SMTP):
    """As aiosmtpd's, but it can end in the middle of DATA."""

    async def smtp_DATA(self, arg):
        dropped = [one for one in self.envelope.rcpt_tos if one.startswith("drop")]
        if not dropped:
            return await super().smtp_DATA(arg)
        await self.push("354 go on")
        await self._reader.read(64)
        self.event_handler.log(self.session, refused="drop", to=dropped)
        self.transport.abort()


def self_signed(name):
    """A certificate that nobody trusts, as the paths of certificate and key."""
    place = Path(tempfile.mkdtemp(prefix="smtp-sink-"))
    certificate, key = place / "certificate.pem", place / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-noenc", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def context_of(options):
    certificate, key = options.certificate, options.key
    if options.bad_certificate:
        certificate, key = self_signed("somebody-else.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def serve(options, ready, breaks=None):
    tls = context_of(options) if options.tls != "none" else None
    sink, more = Sink(options.dir, options.tls == "implicit", breaks), {}
    if options.login:
        user, _, password = options.login.partition(":")

        def authenticate(_server, _session, _envelope, _mechanism, login):
            sound = isinstance(login, LoginPassword) and (login.login.decode(), login.password.decode()) == (user, password)
            return AuthResult(success=sound, handled=False, auth_data=login)
        more = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    if options.tls == "starttls":
        more |= {"tls_context": tls, "require_starttls": True}
    loop = asyncio.get_running_loop()

    def server():
        return Server(sink, hostname="sink.example", enable_SMTPUTF8=True, loop=loop, **more)
    listening = await loop.create_server(server, "127.0.0.1", options.port,
                                         ssl=tls if options.tls == "implicit" else None)
    port = listening.sockets[0].getsockname()[1]
    ready(port)
    await listening.serve_forever()


@contextmanager
def running(folder, *words, breaks=None):
    """The port of a server in a thread. `breaks(moment)` is asked for each mail before it is written down
    ("unheard") and before it is answered ("heard"), and says whether the connection ends there."""
    ready, found, loops = threading.Event(), [], []

    async def run():
        loops.append((asyncio.get_running_loop(), asyncio.current_task()))
        try:
            await serve(arguments(["--dir", str(folder), *map(str, words)]),
                        lambda port: (found.append(port), ready.set()), breaks)
        except asyncio.CancelledError:
            pass
    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10), "the sink does not start"
    try:
        yield found[0]
    finally:
        loop, task = loops[0]
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)


def arguments(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--dir", required=True, help="where mails and the log are written")
    parser.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
    parser.add_argument("--certificate", help="PEM")
    parser.add_argument("--key", help="PEM")
    parser.add_argument("--bad-certificate", action="store_true", help="one of nobody's, for another name")
    parser.add_argument("--login", help="USER:PASSWORD that is required")
    return parser.parse_args(words)


if __name__ == "__main__":
    try:
        asyncio.run(serve(arguments(), lambda port: print(f"listening on {port}", flush=True)))
    except KeyboardInterrupt:
        pass
