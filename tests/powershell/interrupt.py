"""Ctrl-C at a real terminal, for the tests: interrupt.py MARK COMMAND...

Starts the command in a terminal of its own, types Ctrl-C and `exit 42` once the file MARK is there and the command does
nothing any more, and prints as JSON the seconds until it ended (null where it did not within 20 s), its exit code and
what it showed.
"""
import json
import os
import pty
import select
import signal
import sys
import time

LIMIT = 20
REST = 0.3  # seconds without any work: it waits
# Where is the cursor? Whoever reads a line waits for an answer.
ASKED, ANSWER = b"\x1b[6n", b"\x1b[1;1R"
mark, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    # Whoever was started in the background ignores it, and so would its children.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(command[0], command)



def work(pid):
    """What a process has used of the processor, in ticks."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


shown, typed, code = b"", None, None
worked, rests = 0, time.monotonic()
deadline = time.monotonic() + 60
while code is None and time.monotonic() < deadline:
    try:
        if select.select([terminal], [], [], 0.02)[0]:
            read = os.read(terminal, 65536)
            shown += read
            os.write(terminal, ANSWER * read.count(ASKED))
    except OSError:
        pass  # The other end is closed.
    if worked != (worked := work(child)) or not os.path.exists(mark):
        rests = time.monotonic()
    if typed is None and time.monotonic() - rests > REST:
        typed = time.monotonic()
        deadline = typed + LIMIT
        os.write(terminal, b"\x03exit 42\r")
    pid, status = os.waitpid(child, os.WNOHANG)
    if pid:
        code = os.waitstatus_to_exitcode(status)
seconds = time.monotonic() - typed if typed and code is not None else None
if code is None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print(json.dumps({"seconds": seconds, "code": code, "shown": shown.decode("utf-8", "replace")}))
