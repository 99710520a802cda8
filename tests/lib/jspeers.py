"""js-libp2p peers: their packages, installed once for a lock file, and one process a peer."""

import concurrent.futures
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from processes import Process, Timeout

REPOSITORY = Path(__file__).resolve().parents[2]
INTEROP = REPOSITORY / "tests" / "interop"
PROGRAM_FOLDERS = ("tests/interop", "bench/peers/js")  # whose .mjs files find the packages


class JsError(AssertionError):
    """What a js peer answered instead of doing what it was asked."""

    def __init__(self, name, text):
        super().__init__(f"{name}: {text}")
        self.name = name


def _lock_hash():
    digest = hashlib.sha256()
    for file in ("package.json", "package-lock.json"):
        digest.update((INTEROP / file).read_bytes())
    return digest.hexdigest()[:16]


def install_packages(say=print):
    """The node_modules folder of the lock file, made at the first use, in the user's cache.

    The packages are installed into a folder of their own and moved into place when complete, so
    that an interrupted or a second installation at the same time does no harm.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mycel"
    ready = cache / f"npm-{_lock_hash()}"
    if (ready / "node_modules").is_dir():
        return ready / "node_modules"
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise RuntimeError("node and npm are needed for the js-libp2p peers, and are not installed")
    say(f"installing the js-libp2p packages into {ready} (once)")
    cache.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="npm-", dir=cache))
    try:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(INTEROP / file, fresh / file)
        # `npm ci` refuses the lock file, because it lists no QUIC add-ons of other platforms.
        done = subprocess.run(
            ["npm", "install", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund",
             "--loglevel=error"],
            cwd=fresh, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"npm install failed:\n{(done.stdout + done.stderr)[-3000:]}")
        try:
            fresh.rename(ready)
        except OSError:
            if not (ready / "node_modules").is_dir():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return ready / "node_modules"


def program_folder(scratch, say=print):
    """A copy of the js programs beside a link to their packages: how ES modules find packages."""
    folder = Path(scratch) / "js"
    if folder.exists():
        return folder
    packages = install_packages(say)
    for part in PROGRAM_FOLDERS:
        (folder / part).mkdir(parents=True)
        for file in sorted((REPOSITORY / part).glob("*.mjs")):
            shutil.copy(file, folder / part / file.name)
    (folder / "node_modules").symlink_to(packages)
    return folder


class JsPeer:
    """A js-libp2p node in a process of its own; `peer.call("dial", addr=...)` asks it something."""

    def __init__(self, name, programs, logs, **options):
        """`programs` is what `program_folder()` returned; the options are those of createNode()."""
        self.name = name
        self._ids = itertools.count(1)
        self._waiting = {}
        self._lock = threading.Lock()
        self.process = Process(name, ["node", programs / "tests" / "interop" / "peer.mjs"], logs,
                               env={**os.environ, "NODE_NO_WARNINGS": "1"}, on_line=self._answered)
        started = self.call("start", timeout=60, **options)
        self.peer = started["peer"]
        self.addrs = started["addrs"]

    @property
    def addr(self):
        """Its first address, ending in /p2p/ and its id."""
        return self.addrs[0]

    def _answered(self, line):
        with self._lock:
            future = self._waiting.pop(line.get("id"), None)
        if future is None:
            return False
        future.set_result(line)
        return True

    def call(self, command, timeout=45.0, **arguments):
        """Its answer; JsError if it refused or failed."""
        number = next(self._ids)
        future = concurrent.futures.Future()
        with self._lock:
            self._waiting[number] = future
        try:
            self.process.write_line(json.dumps({"id": number, "command": command, **arguments}))
            answer = future.result(timeout)
        except concurrent.futures.TimeoutError:
            raise Timeout(f"{self.name} did not answer {command!r} within {timeout:g} s") from None
        except OSError as error:
            raise AssertionError(f"{self.name} is gone: {error}: {self.process.stderr_tail()}") from error
        finally:
            with self._lock:
                self._waiting.pop(number, None)
        if not answer["ok"]:
            raise JsError(answer["name"], answer["error"])
        return answer

    def connections(self, peer=None):
        arguments = {} if peer is None else {"peer": peer}
        return self.call("connections", **arguments)["connections"]

    def stop(self):
        try:
            self.call("stop", timeout=10)
        except AssertionError:
            pass
        self.process.kill()
