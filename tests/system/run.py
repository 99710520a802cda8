#!/usr/bin/env python3
"""Mycel as real processes on one machine: kills, restarts, full disks, and people who misuse it."""

import json
import os
import random
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import names  # noqa: E402
from dht_stories import tell_of_explanations, tell_of_ids, tell_of_watches  # noqa: E402
from content_stories import tell_of_content  # noqa: E402
from hello_stories import tell_of_hello  # noqa: E402
from mycelctl import (LOOPBACK, NO_NODE, REFUSED, WRONG_USAGE, Mycel, MycelNode,  # noqa: E402
                      card_name, default_program, did_of, provider_ids, value_of)
from processes import Timeout, eventually  # noqa: E402
from shared_stories import tell_of_shared_records  # noqa: E402
from sim_stories import tell_of_simulator  # noqa: E402
from stories import Once, Skip, Stories, argument_parser, main  # noqa: E402
from witness_stories import tell_of_witnesses  # noqa: E402

STOP_PATIENCE = 8.0  # s; how long a graceful stop may take
REFUSAL_PATIENCE = 15.0  # s; how long a start that cannot succeed may take
LOOKUP_PATIENCE = 30.0  # s; for a lookup past peers that died a moment ago


class World:
    mycel = None

    def node(self, name, **options):
        return MycelNode(self.mycel, name, **options)

    def folder(self, name):
        folder = self.mycel.scratch / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


world = World()


def write_card(name):
    """A card file with what the A2A protocol demands, and nothing more."""
    file = world.folder("cards") / f"{name}.json"
    file.write_text(json.dumps({
        "name": name,
        "description": f"Answers as {name}.",
        "url": f"https://{name}.example.org/a2a",
        "version": "1.0.0",
        "skills": [{"id": "answer", "name": "Answer", "description": "Answers.", "tags": ["test"]}],
        "mycel": {"expires_in": "1h"},
    }))
    return file


def check_gets(node, key, value, timeout=LOOKUP_PATIENCE):
    got = eventually(lambda: value_of(node.get(key)), timeout, interval=0.5,
                     what=f"{node.name} gets {key}")
    assert got == value, f"{node.name} got {got!r} for {key}, not {value!r}"


def check_gets_card(node, did, name, timeout=LOOKUP_PATIENCE):
    got = eventually(lambda: card_name(node.get_card(did)), timeout, interval=0.5,
                     what=f"{node.name} gets the card of {name}")
    assert got == name, f"{node.name} got the card of {got!r}, not of {name!r}"


def wait_for_peers(nodes, least, timeout=30.0):
    for node in nodes:
        eventually(lambda node=node: len(node.peers()) >= least, timeout, interval=0.3,
                   what=f"{node.name} has {least} peers")


class Five:
    """Five nodes, the first of which everybody joins. Each publishes a record, a card and a CID."""

    def __init__(self):
        first = world.node("five-0").start()
        self.nodes = [first] + [world.node(f"five-{number}").start([first.addr]) for number in range(1, 5)]
        wait_for_peers(self.nodes, 2)
        self.records = {}
        self.dids = {}
        self.cids = {}
        self.identities = {node.name: node.peer for node in self.nodes}
        for node in self.nodes:
            key, value = f"/test/of-{node.name}", f"written by {node.name}"
            node.put(key, value).expect(0)
            self.records[key] = value
            self.dids[node.name] = did_of(node.publish_card(write_card(node.name)))
            self.cids[node.name] = names.cid_of(node.name.encode())
            node.provide(self.cids[node.name]).expect(0)
        self.victims = [self.nodes[0], self.nodes[3]]  # the one that everybody joined is among them
        self.survivors = [node for node in self.nodes if node not in self.victims]

    def check_all_is_found_by(self, node):
        for key, value in self.records.items():
            check_gets(node, key, value)
        for name, did in self.dids.items():
            check_gets_card(node, did, name)

    def check_provider_is_found_by(self, node, provider):
        eventually(lambda: provider.peer in provider_ids(node.providers(self.cids[provider.name])),
                   LOOKUP_PATIENCE, interval=0.5, what=f"{node.name} finds {provider.name} as a provider")


five = Once(Five)


def without_two():
    cluster = five()
    for victim in cluster.victims:
        victim.kill()
    return cluster


crippled = Once(without_two)


def with_two_back():
    cluster = crippled()
    for victim in cluster.victims:
        victim.start()  # no --join: it must remember whom to ask
    return cluster


healed = Once(with_two_back)


def tell_of_five_nodes(stories):
    @stories.story("What any of five nodes publishes is found by all")
    def _():
        cluster = five()
        for node in cluster.nodes:
            cluster.check_all_is_found_by(node)
            for provider in cluster.nodes:
                if provider is not node:
                    cluster.check_provider_is_found_by(node, provider)

    @stories.story("With two of five nodes killed, the first among them, everything is still found")
    def _():
        cluster = crippled()
        for node in cluster.survivors:
            cluster.check_all_is_found_by(node)

    @stories.story("With two of five nodes killed, the others can still publish")
    def _():
        cluster = crippled()
        writer = cluster.survivors[0]
        writer.put("/test/after-the-kill", "still writing").expect(0)
        cluster.records["/test/after-the-kill"] = "still writing"
        for reader in cluster.survivors[1:]:
            check_gets(reader, "/test/after-the-kill", "still writing")

    @stories.story("The survivors notice that two nodes are gone")
    def _():
        cluster = crippled()
        gone = {victim.peer for victim in cluster.victims}
        for node in cluster.survivors:
            eventually(lambda node=node: not gone & {entry["peer"] for entry in node.peers()}, 60,
                       interval=0.5, what=f"{node.name} drops the dead")

    @stories.story("Killed nodes that start again keep their identity")
    def _():
        cluster = healed()
        for victim in cluster.victims:
            assert victim.peer == cluster.identities[victim.name], \
                f"{victim.name} was {cluster.identities[victim.name]} and became {victim.peer}"

    @stories.story("Killed nodes rejoin from what they remember, without being told an address")
    def _():
        wait_for_peers(healed().victims, 2)

    @stories.story("Killed nodes that are back still have their own cards, and find everything")
    def _():
        cluster = healed()
        for victim in cluster.victims:
            listed = victim.list_cards().expect(0)
            assert cluster.dids[victim.name] in json.dumps(listed.json), \
                f"its own card is not listed: {listed}"
            cluster.check_all_is_found_by(victim)

    @stories.story("What returned nodes publish is found by all the others")
    def _():
        cluster = healed()
        for victim in cluster.victims:
            key, value = f"/test/after-return-of-{victim.name}", "back again"
            victim.put(key, value).expect(0)
            for node in cluster.nodes:
                if node is not victim:
                    check_gets(node, key, value)

    @stories.story("A returned node provides again what it provided, at its new address")
    def _():
        cluster = healed()
        for victim in cluster.victims:
            victim.provide(cluster.cids[victim.name]).expect(0)
            for node in cluster.survivors:
                cluster.check_provider_is_found_by(node, victim)
                eventually(lambda node=node: node.ping(victim.peer).code == 0, LOOKUP_PATIENCE,
                           interval=0.5, what=f"{node.name} pings {victim.name} by its id")

    @stories.story("A revoked card is refused everywhere")
    def _():
        cluster = five()
        owner, other = cluster.survivors[0], cluster.survivors[1]
        did = cluster.dids.pop(owner.name)
        owner.revoke_card(did).expect(0)
        for node in (owner, other):
            eventually(lambda node=node: node.get_card(did).code == REFUSED, LOOKUP_PATIENCE,
                       interval=0.5, what=f"{node.name} refuses the revoked card")
            node.get_card(did).expect_clear_refusal("revoked")


def tell_of_disks(stories):
    @stories.story("Records and cards survive the kill of every node that holds them")
    def _():
        one = world.node("durable-1").start()
        two = world.node("durable-2").start([one.addr])
        wait_for_peers((one, two), 1)
        two.put("/test/durable", "as stone").expect(0)
        did = did_of(one.publish_card(write_card("durable")))
        eventually(lambda: value_of(one.get("/test/durable")) == "as stone", what="both hold it")
        for node in (one, two):
            node.kill()
        one.start()  # alone: nobody can help it
        check_gets(one, "/test/durable", "as stone")
        check_gets_card(one, did, "durable")

    @stories.story("A node killed twenty times at random moments always comes back as itself")
    def _():
        dice = random.Random(7)
        node = world.node("unlucky").start()
        identity = node.peer
        for _ in range(20):
            node.kill()
            node.launch()
            time.sleep(dice.uniform(0.0, 0.4))
        node.kill()
        node.start()
        assert node.peer == identity, f"{identity} became {node.peer}"
        assert node.stop(STOP_PATIENCE) == 0

    @stories.story("A second node on the same data directory is refused, and the first goes on")
    def _():
        node = world.node("only-one").start()
        node.up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(
            re.escape(str(node.data)), "already|in use|another|running|lock")
        node.status()

    @stories.story("A data directory that was left by a killed node can be used again at once")
    def _():
        node = world.node("left-behind").start()
        node.kill()
        node.start()
        node.status()

    @stories.story("A data directory that is a file is refused with its name")
    def _():
        file = world.folder("broken") / "a-file"
        file.write_text("not a directory")
        node = world.node("on-a-file", data=file)
        node.up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(re.escape(str(file)))
        assert file.read_text() == "not a directory"

    @stories.story("A data directory that cannot be written is refused with its name")
    def _():
        with ReadOnlyFolder(world.folder("read-only")) as folder:
            node = world.node("on-read-only", data=folder / "data")
            node.up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(re.escape(str(folder)))

    @stories.story("A data directory whose store is damaged is refused with its name, and left as it is")
    def _():
        node = world.node("damaged-store").start()
        node.put("/test/before-damage", "whole")  # alone it may be refused; the store is written anyway
        assert node.stop(STOP_PATIENCE) == 0
        damaged = [file for file in node.data.rglob("*") if file.name in ("CURRENT", "DATABASE")
                   or file.name.startswith("MANIFEST")]
        assert damaged, f"no store below {node.data}: {sorted(map(str, node.data.rglob('*')))}"
        for file in damaged:
            file.write_bytes(b"\xff\x00garbage" * 50)
        before = {file: file.read_bytes() for file in damaged}
        node.up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(re.escape(str(node.data)))
        assert {file: file.read_bytes() for file in damaged} == before, "it overwrote the evidence"

    @stories.story("A data directory whose identity is damaged is refused, and no new identity is made")
    def _():
        node = world.node("damaged-key").start()
        assert node.stop(STOP_PATIENCE) == 0
        keys = identity_files(node.data)
        assert keys, f"no key file below {node.data}: {sorted(map(str, node.data.rglob('*')))}"
        for file in keys:
            file.write_bytes(b"garbage")
        node.up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(re.escape(str(node.data)))
        assert all(file.read_bytes() == b"garbage" for file in keys), "it overwrote the identity"

    @stories.story("Keys can be read by their owner only")
    def _():
        node = world.node("private").start()
        node.publish_card(write_card("private"))  # an agent has a key of its own; alone it waits
        keys = identity_files(node.data)
        assert len(keys) >= 2, f"no keys of node and agent below {node.data}: {keys}"
        for file in (*keys, *(parent for key in keys for parent in key.parents if node.data in parent.parents)):
            mode = stat.S_IMODE(file.stat().st_mode)
            assert mode & 0o077 == 0, f"{file} has mode {mode:o}"

    @stories.story("A node on a full disk says so and does not crash, and nothing acknowledged is lost")
    def _():
        tell_of_a_full_disk()


def identity_files(data):
    """The files that hold keys."""
    return sorted((data / "keys").rglob("*.pem"))


class ReadOnlyFolder:
    """A folder that even root cannot write to."""

    def __init__(self, folder):
        self.folder = folder
        self.mounted = False

    def __enter__(self):
        if os.geteuid() == 0:
            mount_small_disk(self.folder, "64k", "ro")
            self.mounted = True
        else:
            self.folder.chmod(0o555)
        return self.folder

    def __exit__(self, *_):
        if self.mounted:
            unmount(self.folder)
        else:
            self.folder.chmod(0o755)


def mount_small_disk(folder, size, *options):
    """A tmpfs of that size; skips the story where mounting is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *options]), "mycel-test", str(folder)],
            capture_output=True, text=True)
    except FileNotFoundError:
        raise Skip("there is no `mount` on this machine") from None
    if done.returncode != 0:
        raise Skip(f"a small disk cannot be mounted here: {done.stderr.strip()}")


def unmount(folder):
    subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)


def fill(folder):
    """Uses up every byte that is left; the file that holds them."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def tell_of_a_full_disk():
    disk = world.folder("small-disk")
    mount_small_disk(disk, "256m")
    node = world.node("full", data=disk / "data")
    helper = world.node("full-helper").start()
    try:
        node.start([helper.addr])
        wait_for_peers((node, helper), 1)
        identity = node.peer
        node.put("/test/before-it-was-full", "safe").expect(0)
        helper.stop()  # what it answers from here on comes from its own disk
        ballast = fill(disk)
        refusal = None
        for number in range(400):
            if not node.is_alive():
                break
            outcome = node.put(f"/test/too-much-{number}", "x" * 16_000)
            if outcome.code != 0:
                refusal = outcome
                break
        if node.is_alive():
            if refusal is not None:
                assert refusal.code in (REFUSED, NO_NODE), refusal
                assert refusal.error, f"it does not say why: {refusal}"
            node.status()
            assert node.stop(STOP_PATIENCE) >= 0, "it was ended by a signal"
        else:
            code = node.process.wait()
            words = node.process.stderr_text() + node.process.stdout_text()
            assert code > 0, f"it was ended by signal {-code}: {node.process.stderr_tail()}"
            assert re.search(r"space|full|ENOSPC", words, re.IGNORECASE), \
                f"it does not say why it stopped: {words[-500:]}"
        ballast.unlink()
        node.start()
        assert node.peer == identity, f"{identity} became {node.peer}"
        check_gets(node, "/test/before-it-was-full", "safe")
    finally:
        if node.process is not None:
            node.process.kill()
        unmount(disk)


def tell_of_stopping(stories):
    for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")):
        @stories.story(f"A node stopped by {name} exits 0 within seconds, and its peer notices at once")
        def _(number=number, name=name):
            stayer = world.node(f"stayer-{name}").start()
            leaver = world.node(f"leaver-{name}").start([stayer.addr])
            wait_for_peers((stayer, leaver), 1)
            leaver.process.signal(number)
            assert leaver.process.wait(STOP_PATIENCE) == 0, leaver.process.stderr_tail()
            eventually(lambda: stayer.peer_entry(leaver.peer) is None, 3.0, what="its peer notices")
            leaver.run("status").expect(NO_NODE)
            assert not Path(leaver.ready["control"]).exists(), "the control socket was left behind"

    @stories.story("A second SIGTERM during the stop does no harm")
    def _():
        node = world.node("impatient").start()
        node.process.signal(signal.SIGTERM)
        node.process.signal(signal.SIGTERM)
        assert node.process.wait(STOP_PATIENCE) in (0, -signal.SIGTERM), node.process.stderr_tail()
        node.start()


def tell_of_the_network(stories):
    @stories.story("A port that is taken is refused with its number")
    def _():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            node = world.node("port-taken", listen=[f"/ip4/127.0.0.1/udp/{port}/quic-v1"])
            node.up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(str(port))

    @stories.story("A node gets the port that it asks for, and the same port after a restart")
    def _():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        node = world.node("same-port", listen=[f"/ip4/127.0.0.1/udp/{port}/quic-v1"]).start()
        assert node.port == port, node.ready
        node.kill()
        node.start()
        assert node.port == port, node.ready

    @stories.story("A node that listens on IPv4 and IPv6 is reached on both")
    def _():
        if not has_ipv6():
            raise Skip("this machine has no IPv6 loopback")
        node = world.node("two-families", listen=[LOOPBACK, "/ip6/::1/udp/0/quic-v1"]).start()
        assert len(node.ready["addrs"]) >= 2, node.ready
        for number, addr in enumerate(node.ready["addrs"][:2]):
            other = world.node(f"two-families-{number}", listen=[LOOPBACK, "/ip6/::1/udp/0/quic-v1"]).start()
            other.ping(addr).expect(0)

    @stories.story("Garbage sent to a node's port does no harm")
    def _():
        node = world.node("pestered").start()
        other = world.node("pestered-friend").start([node.addr])
        wait_for_peers((node, other), 1)
        before = node.resident_kib()
        send_garbage(node.port, packets=6_000)
        node.status()
        other.ping(node.peer, count=3).expect(0)
        assert node.peer_entry(other.peer) is not None, "it lost its peer"
        newcomer = world.node("pestered-newcomer").start()
        newcomer.ping(node.addr).expect(0)
        grown = node.resident_kib() - before
        assert grown < 64 * 1024, f"it grew by {grown} KiB"

    @stories.story("A seed that does not answer keeps a node from nothing")
    def _():
        nobody = f"/ip4/127.0.0.1/udp/9/quic-v1/p2p/{names.stranger_peer_id()}"
        node = world.node("lonely").start([nobody])
        node.status()
        friend = world.node("lonely-friend").start([node.addr])
        wait_for_peers((node, friend), 1)

    @stories.story("A seed that comes up late is joined without a restart")
    def _():
        seed = world.node("late-seed").start()
        addr = seed.addr
        assert seed.stop(STOP_PATIENCE) == 0
        seed.listen = (names.without_peer(addr),)
        early = world.node("early").start([addr])
        time.sleep(2)
        seed.start()
        wait_for_peers((early,), 1, timeout=60)

    @stories.story("Twenty commands at one time are all answered")
    def _():
        node = world.node("busy").start()
        commands = [subprocess.Popen(
            [str(world.mycel.path), "status", "--data", str(node.data), "--json"], env=world.mycel.env,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(20)]
        for command in commands:
            out, err = command.communicate(timeout=30)
            assert command.returncode == 0 and json.loads(out), (command.returncode, out, err)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def send_garbage(port, packets, seed=11):
    """Noise, and things that look like QUIC: every kind of header, wrong versions, wrong lengths."""
    dice = random.Random(seed)
    versions = [b"\0\0\0\1", b"\0\0\0\0", b"\x6b\x33\x43\xcf", b"\x0a\x0a\x0a\x0a", b"\xff\0\0\x1d"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(packets):
            size = dice.choice((0, 1, 5, 20, 60, 300, 1_200, 1_252, 1_472, 9_000, 60_000))
            packet = bytearray(dice.randbytes(size))
            if size > 60 and number % 2:
                packet[0] |= 0xC0  # a long header
                packet[1:5] = dice.choice(versions)
                packet[5] = dice.choice((0, 8, 20, 21, 255))  # the length of the connection id
            try:
                sender.sendto(packet, ("127.0.0.1", port))
            except OSError:
                pass
            if number % 200 == 199:
                time.sleep(0.01)


def tell_of_commands(stories):
    @stories.story("The control socket can be used by its owner only")
    def _():
        node = world.node("guarded").start()
        state = os.stat(node.ready["control"])
        assert stat.S_ISSOCK(state.st_mode), "not a socket"
        assert stat.S_IMODE(state.st_mode) == 0o600, f"mode {stat.S_IMODE(state.st_mode):o}"

    @stories.story("The ready line names the node, and status agrees with it")
    def _():
        node = world.node("ready").start()
        first = node.process.events()[0]
        assert first["event"] == "ready", f"the first line is {first}"
        assert node.peer.startswith("12D3KooW"), node.peer
        for addr in node.ready["addrs"]:
            assert re.fullmatch(r"/ip4/127\.0\.0\.1/udp/\d+/quic-v1/p2p/" + node.peer, addr), addr
            assert "/udp/0/" not in addr, addr
        assert node.status()["peer"] == node.peer, node.status()

    @stories.story("The metrics page is where the ready line says")
    def _():
        node = world.node("measured", settings=("metrics.listen=127.0.0.1:0",)).start()
        with urllib.request.urlopen(node.ready["metrics"], timeout=5) as page:
            lines = page.read().decode().splitlines()
        assert any(re.match(r"mycel_\w+(\{.*\})? \d", line) for line in lines), lines[:5]

    @stories.story("A backup brings the identity and the agents back into another data directory")
    def _():
        node = world.node("original").start()
        node.publish_card(write_card("original"))
        node.run("identity", "show").expect_clear_refusal(re.escape(str(node.data)))  # it is running
        assert node.stop(STOP_PATIENCE) == 0
        secret = world.folder("backup") / "passphrase"
        secret.write_text("correct horse battery staple\n")
        secret.chmod(0o600)
        saved = world.folder("backup") / "keys.backup"
        node.run("identity", "backup", saved, "--passphrase-file", secret).expect(0)
        assert stat.S_IMODE(saved.stat().st_mode) & 0o077 == 0, "others can read the backup"
        before = node.run("identity", "show").expect(0).json
        copy = world.node("copy")
        copy.run("identity", "show").expect_clear_refusal(re.escape(str(copy.data)))
        assert not copy.data.exists(), "to look for an identity made one"
        copy.run("identity", "restore", saved, "--passphrase-file", secret).expect(0)
        assert copy.run("identity", "show").expect(0).json == before
        copy.start()
        assert copy.peer == before["peer"], f"{before['peer']} became {copy.peer}"
        other = world.node("somebody-else").start()
        other.kill()
        other.run("identity", "restore", saved, "--passphrase-file", secret).expect_clear_refusal("other keys")

    @stories.story("`mycel stop` stops a node, which exits 0")
    def _():
        node = world.node("told-to-stop").start()
        node.run("stop").expect(0)
        assert node.process.wait(STOP_PATIENCE) == 0, node.process.stderr_tail()

    @stories.story("A command without a node exits 3 and says where it looked")
    def _():
        nowhere = world.folder("empty")
        for command in (["status"], ["peers"], ["record", "get", "/test/x"], ["card", "list"],
                        ["ping", LOOPBACK.replace("/udp/0/", "/udp/9/")]):
            outcome = world.mycel.run(*command, "--data", nowhere, "--json")
            assert outcome.code == NO_NODE, outcome
            assert outcome.error, f"it does not say why: {outcome}"

    @stories.story("A command to a node that was killed exits 3, and does not hang")
    def _():
        node = world.node("killed").start()
        node.kill()
        start = time.monotonic()
        node.run("status").expect(NO_NODE)
        assert time.monotonic() - start < 5.0

    @stories.story("A command to a node that hangs ends with words")
    def _():
        node = world.node("hanging").start()
        node.process.signal(signal.SIGSTOP)
        try:
            outcome = node.run("status", timeout=45)
        except AssertionError as error:
            raise Timeout(str(error)) from None
        finally:
            node.process.signal(signal.SIGCONT)
        assert outcome.code in (REFUSED, NO_NODE), outcome
        assert outcome.error, f"it does not say why: {outcome}"

    @stories.story("Wrong usage exits 2 and says what was wrong")
    def _():
        for wrong in (["no-such-command"], ["status", "--no-such-option"], ["record"], ["record", "put", "/test/x"],
                      ["record", "no-such-verb"], ["card", "publish"], ["dial"], ["ping"],
                      ["ping", "12D3KooW", "--count", "many"], ["up", "--set", "no-equals-sign"]):
            outcome = world.mycel.run(*wrong, timeout=REFUSAL_PATIENCE)
            assert outcome.code == WRONG_USAGE, outcome
            assert outcome.stderr.strip() or outcome.stdout.strip(), f"no words: {outcome}"

    @stories.story("A configuration that cannot be right is refused with the place of the mistake")
    def _():
        for text, mention in (("[node\n", "line|row|:1"), ("[dht]\nno_such_key = 1\n", "no_such_key"),
                              ("[node]\nlisten = [\"/ip4/nonsense\"]\n", "/ip4/nonsense"),
                              ("[dht]\nmode = \"sideways\"\n", "sideways|mode")):
            node = world.node("misconfigured")
            node.config.write_text(text)
            node.up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(
                mention, codes=(REFUSED, WRONG_USAGE))

    @stories.story("A listen address that cannot be right is refused with the address")
    def _():
        for nonsense in ("nonsense", "/ip4/300.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"):
            world.node("nonsense", listen=[nonsense]).up_in_foreground(REFUSAL_PATIENCE).expect_clear_refusal(
                re.escape(nonsense), codes=(REFUSED, WRONG_USAGE))

    @stories.story("What is not found exits 1")
    def _():
        node = world.node("searching").start()
        stranger = names.stranger_peer_id()
        node.get("/test/nothing-here").expect_clear_refusal()
        node.ping(stranger).expect_clear_refusal()
        node.dial(f"/ip4/127.0.0.1/udp/9/quic-v1/p2p/{stranger}").expect_clear_refusal()
        node.get_card("did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK").expect_clear_refusal()

    @stories.story("A card that is not one is refused with what is wrong")
    def _():
        node = world.node("strict").start()
        file = world.folder("cards") / "wrong.json"
        for text, mention in (("{", "."), ("{}", "name"), ("[]", ".")):
            file.write_text(text)
            node.publish_card(file).expect_clear_refusal(mention)
        missing = world.folder("cards") / "missing.json"
        node.publish_card(missing).expect_clear_refusal("missing.json", codes=(REFUSED, WRONG_USAGE))

    @stories.story("A record without a namespace that the node knows is refused")
    def _():
        node = world.node("namespaces").start()
        node.put("/unheard-of/key", "value").expect_clear_refusal("unheard-of|namespace")

    @stories.story("The version is printed, and help is help")
    def _():
        version = world.mycel.version()
        assert re.match(r"(mycel )?\d+\.\d+\.\d+", version), version
        for command in ([], ["record"], ["card"], ["up"]):
            shown = world.mycel.run(*command, "--help").expect(0)
            assert "mycel" in shown.stdout, shown


def run():
    parser = argument_parser(__doc__.splitlines()[0])
    parser.add_argument("--mycel", type=Path, default=default_program(), metavar="PATH",
                        help="the program under test")
    options = parser.parse_args()
    stories = Stories()
    tell_of_commands(stories)
    tell_of_stopping(stories)
    tell_of_the_network(stories)
    tell_of_disks(stories)
    tell_of_five_nodes(stories)
    tell_of_hello(stories, world)
    tell_of_watches(stories, world)
    tell_of_explanations(stories, world)
    tell_of_ids(stories, world)
    tell_of_content(stories, world)
    tell_of_shared_records(stories, world)
    tell_of_witnesses(stories, world)
    tell_of_simulator(stories, world)

    def prepare(scratch):
        world.mycel = Mycel(options.mycel, scratch)

    return main(stories, options, prepare)


if __name__ == "__main__":
    sys.exit(run())
