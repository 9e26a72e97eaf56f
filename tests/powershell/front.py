"""What may stand between the module and a daemon, for the tests: TLS, a proxy, and answers gone wrong.

front.py --to HOST:PORT [--certificate FILE --key FILE [--client-ca FILE]] [--user NAME:PASSWORD]
         [--log FILE] [FAULT...]

Prints its port. POST is passed on to the daemon; the first calls meet the FAULTs, one each, instead.
CONNECT, and POST with a whole address, make it a proxy; with --user it asks for that name and password.
Each call is a line of the log. It ends when its input is closed, so that nothing outlives a test.
"""
import argparse
import base64
import http.client
import json
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REFUSAL = {"code": "busy", "message": "As many calls are running as the daemon takes at once.", "remedy": "Try again in 1 s."}


def rpc_error(body, code, number, **more):
    call = json.loads(body)
    data = {"code": code, "message": f"It is {code}.", "remedy": "Do something."} | more
    return json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": {"code": number, "message": data["message"], "data": data}})


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def note(self, what, **more):
        with self.server.lock, open(self.server.options.log, "a") as log:
            log.write(json.dumps({"what": what} | more) + "\n")

    def answer(self, status, text, kind="application/json; charset=utf-8", **headers):
        data = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def may(self):
        user = self.server.options.user
        wanted = "Basic " + base64.b64encode((user or "").encode()).decode()
        if user and self.headers.get("Proxy-Authorization") != wanted:
            self.answer(407, "", Proxy_Authenticate='Basic realm="front"')
            return False
        return True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with self.server.lock:
            fault = self.server.faults.pop(0) if self.server.faults else "pass"
        call = json.loads(body)
        self.note("POST", fault=fault, path=self.path, method=call["method"], id=call["id"], key=call["params"].get("idempotencyKey"),
                  authorization=bool(self.headers.get("Authorization")))
        if self.path.startswith("http://") and not self.may():
            return
        getattr(self, "fault_" + fault.split("=")[0])(body, *fault.split("=")[1:])

    def forward(self, body):
        back = http.client.HTTPConnection(self.server.options.to, timeout=30)
        headers = {"Content-Type": "application/json"}
        if self.headers.get("Authorization"):
            headers["Authorization"] = self.headers["Authorization"]
        back.request("POST", "/rpc", body.encode(), headers)
        return back.getresponse().read().decode()

    def fault_pass(self, body):
        self.answer(200, self.forward(body))

    def fault_named(self, body):
        self.answer(200, self.forward(body), X_Request_Id="request-7")

    def fault_busy(self, body, seconds=None):
        more = {} if seconds is None else {"retryAfterSeconds": int(seconds)}
        self.answer(200, rpc_error(body, "busy", -32005, **more))

    def fault_refused(self, _body):
        self.answer(503, json.dumps(REFUSAL), Retry_After="1")

    def fault_internal(self, body):
        self.answer(200, rpc_error(body, "internal", -32603))

    def fault_gateway(self, _body):
        self.answer(502, "<html><h1>Bad Gateway</h1></html>", kind="text/html")

    def fault_crowded(self, _body):
        self.answer(429, "slow down", kind="text/plain", Retry_After="1")

    def fault_moved(self, _body):
        self.answer(307, "", Location="http://127.0.0.1:1/elsewhere")

    def fault_foreign(self, _body):
        self.answer(200, "<html>Welcome</html>", kind="text/html")

    def fault_lost(self, body):
        """Done by the daemon, and the answer never arrives."""
        self.forward(body)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close_connection = True
        self.connection.close()

    def fault_silent(self, _body):
        self.rfile.read(1)

    def do_CONNECT(self):
        self.note("CONNECT", path=self.path, authorization=bool(self.headers.get("Authorization")))
        if not self.may():
            return
        host, port = self.path.rsplit(":", 1)
        try:
            there = socket.create_connection((host, int(port)), 10)
        except OSError:
            return self.answer(502, "")
        self.send_response(200)
        self.end_headers()

        def pump(source, sink):
            try:
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass

        back = threading.Thread(target=pump, args=(there, self.connection), daemon=True)
        back.start()
        pump(self.connection, there)
        back.join(10)
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is what some tests are about."""


def main():
    parser = argparse.ArgumentParser()
    for name in ("--to", "--certificate", "--key", "--client-ca", "--user", "--log"):
        parser.add_argument(name)
    parser.add_argument("faults", nargs="*")
    options = parser.parse_args()
    server = Server(("127.0.0.1", 0), Front)
    server.options, server.faults, server.lock = options, options.faults, threading.Lock()
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
        if options.client_ca:
            context.load_verify_locations(options.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        # The handshake belongs to the connection's thread: one that fails must not stop the others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
