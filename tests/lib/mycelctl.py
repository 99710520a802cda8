"""Runs mycel: nodes as child processes, and the commands that talk to them.

This is the one place in the tests that knows how the command line is spelled and what its JSON looks
like.
"""

import json
import os
import re
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from processes import Process, eventually

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAM_PATHS = ("build/release/mycel", "build/release/bin/mycel")
LOOPBACK = "/ip4/127.0.0.1/udp/0/quic-v1"
KAD = "/mycel/kad/1.0.0"
COMMAND_PATIENCE = 60.0  # s; a lookup past dead peers may take its time

DONE, REFUSED, WRONG_USAGE, NO_NODE = 0, 1, 2, 3

CONFIG = """\
[dht]
protocol = "{kad}"
mode = "server"

[[dht.namespaces]]
prefix = "/test"
rule = "any"
"""

# What a program that was not in control of its end says.
_CRASH = re.compile(r"terminate called|Sanitizer|Assertion|Segmentation|core dumped|std::|what\(\):")


def default_program():
    for path in PROGRAM_PATHS:
        if (REPOSITORY / path).is_file():
            return REPOSITORY / path
    return REPOSITORY / PROGRAM_PATHS[0]


@dataclass
class Outcome:
    """How a command ended."""
    command: str
    code: int
    stdout: str
    stderr: str

    @property
    def json(self):
        """The last JSON object on standard output; empty if there is none."""
        for line in reversed(self.stdout.splitlines()):
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                return value
        try:
            value = json.loads(self.stdout)  # printed over several lines
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def error(self):
        """Why it failed, in the program's words."""
        return str(self.json.get("error") or self.stderr.strip())

    def __str__(self):
        return (f"`{self.command}` exited {self.code}; stdout: {self.stdout.strip()[-500:]!r}; "
                f"stderr: {self.stderr.strip()[-500:]!r}")

    def expect(self, code):
        assert self.code == code, f"expected exit {code}: {self}"
        return self

    def expect_clear_refusal(self, *mentions, codes=(REFUSED,)):
        """It failed on purpose: an exit code of the contract, words, and no crash."""
        assert self.code in codes, f"expected exit {codes}: {self}"
        assert self.error, f"it does not say why: {self}"
        assert not _CRASH.search(self.stderr), f"that is a crash, not an answer: {self}"
        for mention in mentions:
            assert re.search(mention, self.stdout + self.stderr, re.IGNORECASE), \
                f"nothing about {mention!r}: {self}"
        return self


class Mycel:
    """The program, with a home directory of its own."""

    def __init__(self, path, scratch):
        self.path = Path(path).resolve()
        assert self.path.is_file(), f"{self.path} does not exist; build it or give --mycel PATH"
        self.scratch = Path(scratch)
        self.home = self.scratch / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.logs = self.scratch / "logs"
        self.logs.mkdir(exist_ok=True)
        self.env = {**os.environ, "HOME": str(self.home)}
        for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
            self.env.pop(name, None)

    def run(self, *arguments, timeout=COMMAND_PATIENCE):
        """Runs one command to its end."""
        command = [str(self.path), *(str(argument) for argument in arguments)]
        shown = " ".join(["mycel", *command[1:]])
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="replace", env=self.env) as child:
            try:
                stdout, stderr = child.communicate(timeout=timeout)
            except subprocess.TimeoutExpired:
                child.kill()
                stdout, stderr = child.communicate()
                raise AssertionError(f"`{shown}` was still running after {timeout:g} s; "
                                     f"stderr: {stderr[-500:]!r}") from None
        return Outcome(shown, child.returncode, stdout, stderr)

    def version(self):
        """The version as the program prints it."""
        outcome = self.run("version", "--json").expect(DONE)
        return str(outcome.json.get("version") or outcome.stdout.strip())


class MycelNode:
    """`mycel up` as a child process, and the commands that find it by its data directory."""

    def __init__(self, mycel, name, data=None, listen=(LOOPBACK,), kad=KAD, settings=()):
        """`settings` are further `key=value` overrides."""
        self.mycel = mycel
        self.name = name
        self.data = Path(data) if data is not None else mycel.scratch / "data" / name
        self.listen = tuple(listen)
        self.settings = tuple(settings)
        self.config = mycel.scratch / f"{name}.toml"
        self.config.write_text(CONFIG.format(kad=kad))
        self.process = None
        self.ready = None

    def command(self, join=()):
        command = [self.mycel.path, "up", "--json", "--data", self.data, "--config", self.config]
        for address in self.listen:
            command += ["--listen", address]
        for address in join:
            command += ["--join", address]
        for setting in self.settings:
            command += ["--set", setting]
        return command

    def launch(self, join=()):
        """Starts it without waiting."""
        assert self.process is None or not self.process.is_alive(), f"{self.name} is running"
        self.process = Process(self.name, self.command(join), self.mycel.logs, env=self.mycel.env)
        self.ready = None
        return self

    def start(self, join=(), timeout=30.0):
        self.launch(join)
        self.ready = self.process.wait_event("ready", timeout)
        for field in ("peer", "addrs", "control"):
            assert self.ready.get(field), f"no {field!r} in {self.ready}"
        return self

    def up_in_foreground(self, timeout=20.0):
        """Runs `up` where it is expected to end by itself."""
        return self.mycel.run(*self.command()[1:], timeout=timeout)

    @property
    def peer(self):
        return self.ready["peer"]

    @property
    def addr(self):
        """Its first address, ending in /p2p/ and its id."""
        return self.ready["addrs"][0]

    @property
    def port(self):
        return int(re.search(r"/udp/(\d+)/", self.addr).group(1))

    def is_alive(self):
        return self.process is not None and self.process.is_alive()

    def kill(self):
        """Ends it as a power cut of the process would."""
        self.process.kill()

    def stop(self, timeout=15.0):
        """Asks it to stop; its exit code."""
        self.process.signal(signal.SIGTERM)
        return self.process.wait(timeout)


    def resident_kib(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1))

    def run(self, *arguments, timeout=COMMAND_PATIENCE):
        return self.mycel.run(*arguments, "--data", self.data, "--json", timeout=timeout)

    # What can be asked of a running node.

    def status(self):
        return self.run("status").expect(DONE).json

    def peers(self):
        return self.run("peers").expect(DONE).json["peers"]

    def peer_entry(self, peer):
        """What it knows of one connected peer; None if that is nothing."""
        return next((entry for entry in self.peers() if entry["peer"] == peer), None)

    def is_dialled_by(self, peer):
        entry = self.peer_entry(peer)
        return entry is not None and is_inbound(entry)

    def knows(self, peer, timeout=20.0):
        """Waits until that peer is connected and has been identified."""
        def entry():
            found = self.peer_entry(peer)
            return found if found and found.get("agent") else None
        return eventually(entry, timeout, what=f"{self.name} identifies {peer}")

    def dial(self, addr, protocol=None):
        extra = () if protocol is None else ("--protocol", protocol)
        return self.run("dial", addr, *extra)

    def ping(self, target, count=1):
        return self.run("ping", target, "--count", count)

    def put(self, key, value):
        return self.run("record", "put", key, value)

    def get(self, key):
        return self.run("record", "get", key)

    def provide(self, cid):
        return self.run("record", "provide", cid)

    def providers(self, cid):
        return self.run("record", "providers", cid)

    def publish_card(self, file):
        return self.run("card", "publish", file)

    def get_card(self, did):
        return self.run("card", "get", did)

    def list_cards(self):
        return self.run("card", "list")

    def revoke_card(self, did):
        return self.run("card", "revoke", did)


def value_of(outcome):
    """The value that a `record get` found."""
    outcome.expect(DONE)
    assert "value" in outcome.json, f"no value: {outcome}"
    return outcome.json["value"]


def provider_ids(outcome):
    """The peer ids that a `record providers` found."""
    outcome.expect(DONE)
    found = outcome.json.get("providers", [])
    return {entry["peer"] if isinstance(entry, dict) else entry for entry in found}


def did_of(outcome):
    """The DID of the card that a `card publish` published."""
    outcome.expect(DONE)
    did = outcome.json.get("did") or outcome.json.get("card", {}).get("did")
    assert did and did.startswith("did:key:"), f"no did: {outcome}"
    return did


def card_name(outcome):
    """The agent's name on the card that a `card get` found."""
    outcome.expect(DONE)
    for holder in (outcome.json.get("card"), outcome.json.get("document"), outcome.json):
        if isinstance(holder, dict) and "name" in holder:
            return holder["name"]
    raise AssertionError(f"no card: {outcome}")


def is_inbound(entry):
    return str(entry["direction"]).startswith("in")
