"""A connection that can break, for the tests: relay.py HOST:PORT prints its port and passes bytes on.

On a line `cut` it ends every connection and takes none, until a line `go`. It says `done` to each.
It ends when its input is closed, so that nothing outlives a test.
"""
import socket
import sys
import threading

host, port = sys.argv[1].rsplit(":", 1)
listener = socket.create_server(("127.0.0.1", 0))
open_ones, lock, cut = set(), threading.Lock(), False


def end(one):
    try:
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    end(source)
    end(target)


def accept():
    while True:
        near, _ = listener.accept()
        with lock:
            if cut:
                end(near)
                continue
            far = socket.create_connection((host, int(port)))
            open_ones.update((near, far))
        for pair in ((near, far), (far, near)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


threading.Thread(target=accept, daemon=True).start()
print(listener.getsockname()[1], flush=True)
for line in sys.stdin:
    with lock:
        cut = line.strip() == "cut"
        if cut:
            for one in open_ones:
                end(one)
            open_ones.clear()
    print("done", flush=True)
