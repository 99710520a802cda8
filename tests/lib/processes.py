"""Child processes that never outlive the test, and waiting with a limit.

Every child gets a process group of its own and is registered with a guard: a small process that
reads a pipe from the runner and, when that pipe closes for whatever reason (even SIGKILL), kills
what is still registered.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

# Lines "+GROUP" and "-GROUP" come in; at the end of input the groups that remain are killed.
_GUARD = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
groups = set()
for line in sys.stdin:
    (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
for group in groups:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


class Guard:
    """Kills the registered process groups once this process is gone."""

    def __init__(self):
        self._lock = threading.Lock()
        self._process = None

    def _tell(self, line):
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _GUARD], stdin=subprocess.PIPE, text=True,
                    start_new_session=True)
            try:
                self._process.stdin.write(line)
                self._process.stdin.flush()
            except OSError:
                pass  # without the guard, the runner's own clean-up is all there is

    def watch(self, group):
        self._tell(f"+{group}\n")

    def forget(self, group):
        self._tell(f"-{group}\n")


_guard = Guard()
_live = set()
_live_lock = threading.Lock()
_scope = threading.local()


@contextlib.contextmanager
def scope(ends=True):
    """Children started inside, by this thread, are killed at the end, unless it `ends` nothing."""
    outer = getattr(_scope, "children", None)
    _scope.children = [] if ends else None
    try:
        yield
    finally:
        for child in _scope.children or ():
            child.kill()
        _scope.children = outer


class Timeout(AssertionError):
    """Something did not happen in time."""


def eventually(question, timeout=30.0, interval=0.1, what="it"):
    """Asks until the answer is true and returns it; an AssertionError in `question` counts as no."""
    deadline = time.monotonic() + timeout
    last = None
    while True:
        try:
            answer = question()
            if answer:
                return answer
            last = answer
        except AssertionError as error:
            last = error
        if time.monotonic() >= deadline:
            raise Timeout(f"{what}: not within {timeout:g} s (last: {last!r})")
        time.sleep(interval)


class Process:
    """A child whose standard output is JSON lines; everything it says is also kept in log files."""

    def __init__(self, name, command, logs, env=None, cwd=None, on_line=None):
        """`on_line` sees every JSON line first, and returns whether it took it."""
        self.name = name
        self.command = [str(part) for part in command]
        logs = Path(logs)
        logs.mkdir(parents=True, exist_ok=True)
        self.stdout_path = logs / f"{name}.out"
        self.stderr_path = logs / f"{name}.err"
        self._lines = queue.Queue()
        self._events = []
        self._events_changed = threading.Condition()
        self._input_lock = threading.Lock()
        self._on_line = on_line
        with open(self.stderr_path, "ab") as stderr:
            stderr.write(f"--- {' '.join(self.command)}\n".encode())
            stderr.flush()
            self.stderr_start = stderr.tell()
            self.popen = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
                start_new_session=True, env=env, cwd=cwd)
        self._group = self.popen.pid
        _guard.watch(self._group)
        with _live_lock:
            _live.add(self)
        if getattr(_scope, "children", None) is not None:
            _scope.children.append(self)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self):
        return self.popen.pid

    def _read(self):
        with open(self.stdout_path, "ab") as log:
            for raw in self.popen.stdout:
                log.write(raw)
                log.flush()
                try:
                    line = json.loads(raw)
                except ValueError:
                    continue  # the log has it
                if isinstance(line, dict):
                    self._take(line)
        with self._events_changed:
            self._events_changed.notify_all()

    def _take(self, line):
        if self._on_line is not None and self._on_line(line):
            return
        with self._events_changed:
            self._events.append(line)
            self._events_changed.notify_all()

    def events(self, name=None):
        with self._events_changed:
            return [line for line in self._events if name is None or line.get("event") == name]

    def wait_event(self, name, timeout=30.0):
        """The first event of that name, past or future."""
        deadline = time.monotonic() + timeout
        with self._events_changed:
            while True:
                for line in self._events:
                    if line.get("event") == name:
                        return line
                if not self._reader.is_alive():
                    raise AssertionError(
                        f"{self.name} ended (exit {self.popen.poll()}) before it said {name!r}: "
                        f"{self.stderr_tail()}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Timeout(f"{self.name} did not say {name!r} within {timeout:g} s: "
                                  f"{self.stderr_tail()}")
                self._events_changed.wait(min(left, 0.2))

    def write_line(self, line):
        with self._input_lock:
            self.popen.stdin.write(line.encode() + b"\n")
            self.popen.stdin.flush()

    def stdout_text(self):
        return self.stdout_path.read_text(errors="replace")

    def stderr_text(self):
        with open(self.stderr_path, "rb") as stderr:
            stderr.seek(self.stderr_start)
            return stderr.read().decode(errors="replace")

    def stderr_tail(self, characters=600):
        return self.stderr_text()[-characters:].strip()

    def is_alive(self):
        return self.popen.poll() is None

    def signal(self, number):
        if self.is_alive():
            os.kill(self.popen.pid, number)

    def wait(self, timeout=20.0):
        """The exit code; negative for a signal."""
        try:
            code = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Timeout(f"{self.name} was still running after {timeout:g} s") from None
        self._reader.join(2.0)
        return code

    def kill(self):
        """Ends it and its children at once (SIGKILL)."""
        if self.is_alive():
            try:
                os.killpg(self._group, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.popen.wait()
        self._reader.join(2.0)
        for pipe in (self.popen.stdin, self.popen.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        _guard.forget(self._group)
        with _live_lock:
            _live.discard(self)


def kill_all():
    """Ends every child that is left."""
    with _live_lock:
        left = list(_live)
    for process in left:
        process.kill()
