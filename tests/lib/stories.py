"""Runs stories: functions whose name is a sentence that would be a bug report if false.

A story passes by returning, fails by raising and is skipped by raising `Skip`. The processes that it
started end with it; those of a fixture (`Once`) live as long as the run. Stories run one after
another in the order in which they are told; a story `beside` the others runs in a thread of its own
from the start, and the runner waits for it at the end.
"""

import argparse
import atexit
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

import processes


class Skip(Exception):
    """The story cannot be told on this machine; the text says why."""


class Once:
    """A fixture made at the first use; if making it failed, every use fails with the same words."""

    def __init__(self, make):
        self._make = make
        self._lock = threading.Lock()
        self._value = None
        self._error = None
        self._made = False

    def __call__(self):
        with self._lock:
            if not self._made:
                self._made = True
                try:
                    with processes.scope(ends=False):
                        self._value = self._make()
                except Exception as error:  # kept for the next story
                    self._error = error
            if self._error is not None:
                raise AssertionError(f"preparation failed: {self._error}") from self._error
            return self._value


class Stories:
    def __init__(self):
        self._told = []
        self._print_lock = threading.Lock()
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}

    def story(self, sentence, beside=False):
        def tell(function):
            self._told.append((sentence, function, beside))
            return function
        return tell

    def _say(self, text):
        with self._print_lock:
            print(text, flush=True)

    def _run_one(self, sentence, function):
        start = time.monotonic()
        try:
            with processes.scope():
                function()
            outcome, reason = "passed", ""
        except Skip as skip:
            outcome, reason = "skipped", f"\n       {skip}"
        except Exception as error:
            outcome, reason = "failed", "\n" + _explain(error)
        took = time.monotonic() - start
        mark = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip"}[outcome]
        with self._print_lock:
            self.counts[outcome] += 1
        self._say(f"{mark} {sentence} ({took:.1f} s){reason}")

    def run(self, only=None):
        chosen = [told for told in self._told if only is None or re.search(only, told[0], re.IGNORECASE)]
        threads = [threading.Thread(target=self._run_one, args=(sentence, function), daemon=True)
                   for sentence, function, beside in chosen if beside]
        for thread in threads:
            thread.start()
        for sentence, function, beside in chosen:
            if not beside:
                self._run_one(sentence, function)
        for thread in threads:
            thread.join()

    def summary(self):
        skipped = f", {self.counts['skipped']} skipped" if self.counts["skipped"] else ""
        return f"{self.counts['passed']} passed, {self.counts['failed']} failed{skipped}"


def _explain(error):
    """The words of the error, and where in the tests it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    where = ["       at " + f"{Path(frame.filename).name}:{frame.lineno}: {frame.line}"
             for frame in frames if Path(frame.filename).name != "stories.py"]
    name = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
    words = str(error) or "an assertion is false"
    return "\n".join([f"       {name}{line}" for line in words.splitlines()] + where)


def argument_parser(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--only", metavar="PATTERN", help="run the stories whose sentence matches")
    parser.add_argument("--keep-logs", action="store_true",
                        help="keep the scratch directory (it is also kept when a story fails)")
    return parser


def main(stories, options, prepare):
    """Runs `prepare(scratch)` and the stories in a scratch directory; returns the exit code."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    atexit.register(processes.kill_all)
    scratch = Path(tempfile.mkdtemp(prefix="mycel-stories-"))
    try:
        try:
            prepare(scratch)
        except (AssertionError, RuntimeError) as error:
            print(f"cannot start: {error}", file=sys.stderr)
            return 2
        stories.run(options.only)
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    finally:
        processes.kill_all()
        if options.keep_logs or stories.counts["failed"]:
            print(f"logs: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    print(stories.summary())
    if sum(stories.counts.values()) == 0:
        print("no story matches", file=sys.stderr)
        return 2
    return 1 if stories.counts["failed"] else 0
