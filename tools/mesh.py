#!/usr/bin/env python3
"""The main job: five real nodes on loopback, sample cards published on some and resolved on others.

Prints what happened as a table, shows that bad cards are refused, and stays up until Ctrl-C
(--once ends after the table). Every figure is what the node reported.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MYCEL = ROOT / "build" / "release" / "mycel"
NAMES = ["ada", "bo", "cy", "dee", "eve"]


class Refused(Exception):
    """A command ended with a reason."""

    def __init__(self, answer):
        super().__init__(answer.get("error", "refused"))
        self.reason = answer.get("reason", "refused")


class Node:
    def __init__(self, name: str, folder: Path, join: list[str]):
        self.name, self.data = name, folder / name
        self.log = open(folder / f"{name}.log", "w")
        arguments = [MYCEL, "up", "--json", "--data", self.data, "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"]
        for address in join:
            arguments += ["--join", address]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        start_new_session=True)
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"node {name} did not start; its log:\n{(folder / f'{name}.log').read_text()}")
        ready = json.loads(line)
        self.peer, self.addresses = ready["peer"], ready["addrs"]

    def ask(self, *words: str) -> dict:
        node = [] if words[:2] == ("card", "verify") else ["--data", self.data]  # that one needs no node
        done = subprocess.run([MYCEL, *words, *node, "--json"], capture_output=True, text=True)
        answer = json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {"error": done.stderr.strip()}
        if done.returncode != 0:
            raise Refused(answer)
        return answer

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()


def print_table(header: list[str], rows: list[list[str]]):
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print("  " + "  ".join(str(cell).ljust(width) for cell, width in zip(row, widths)).rstrip())


def short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:12]}..{text[-6:]}"


def wait_until_meshed(nodes: list[Node]):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if all(node.ask("status")["dht"]["table"] >= len(nodes) - 1 for node in nodes):
            return
        time.sleep(0.1)
    sys.exit("the nodes did not find each other within 20 seconds; their logs are kept")


def publish_and_resolve(nodes: list[Node]) -> tuple[list[list[str]], dict]:
    rows, last = [], {}
    for i, card in enumerate(sorted((ROOT / "examples" / "agents").glob("*.json"))):
        publisher = nodes[i % len(nodes)]
        published = publisher.ask("card", "publish", str(card))
        for step in (1, 2):
            resolver = nodes[(i + step) % len(nodes)]
            found = resolver.ask("card", "get", published["did"])
            same = found["cid"] == published["cid"]
            checks = found["checks"]
            rows.append([found["name"], publisher.name, resolver.name, short(published["did"]),
                         "ok" if same and checks["content_hash"] else "BAD",
                         "ok" if checks["signature_chain"] else "BAD",
                         found["hops"], f"{published['ms']:.1f}", f"{found['ms']:.1f}"])
        last = published
    return rows, last


def show_refusals(nodes: list[Node], folder: Path, published: dict) -> list[list[str]]:
    rows = []

    def expect_refusal(what: str, *words: str):
        try:
            nodes[3].ask(*words)
            rows.append([what, "ACCEPTED", "this must not happen"])
        except Refused as refusal:
            rows.append([what, refusal.reason, str(refusal)])

    sealed = folder / "sealed.card"
    nodes[3].ask("card", "get", published["did"], "--out", str(sealed))
    tampered = folder / "tampered.card"
    content = bytearray(sealed.read_bytes())
    content[len(content) // 2] ^= 1
    tampered.write_bytes(content)
    key = "/mycel-card/" + published["did"]
    expect_refusal("one bit changed, put here", "record", "put", key, "--file", str(tampered))
    expect_refusal("the same, offered to the others", "record", "put", key, "--file", str(tampered), "--unchecked")
    expect_refusal("the same, read from a file", "card", "verify", str(tampered))

    short_lived = folder / "short.json"
    short_lived.write_text(json.dumps({"name": "Mayfly", "description": "Lives for ten seconds", "version": "1.0.0",
                                       "url": "https://example.org/mayfly", "skills": [],
                                       "mycel": {"expires_in": "10s", "agent": "mayfly"}}))
    mayfly = nodes[0].ask("card", "publish", str(short_lived))
    nodes[0].stop()  # nobody renews it now; the others hold it
    print("\nwaiting ten seconds for a card to expire ...", flush=True)
    time.sleep(10.5)
    expect_refusal("expired", "card", "get", mayfly["did"])
    expect_refusal("never published", "card", "get", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK")
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the table")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mycel-"))
    nodes: list[Node] = []
    began = time.monotonic()
    bad = False
    try:
        for name in NAMES:
            nodes.append(Node(name, folder, nodes[0].addresses[:1] if nodes else []))
        wait_until_meshed(nodes)
        print(f"\nFive nodes found each other in {time.monotonic() - began:.1f} s. Data and logs: {folder}\n")
        print_table(["node", "peer", "address"],
                    [[n.name, short(n.peer), n.addresses[0].split("/p2p/")[0]] for n in nodes])
        rows, last = publish_and_resolve(nodes)
        print("\nCards published on one node and resolved on others:\n")
        print_table(["card", "publisher", "resolver", "did", "hash", "chain", "hops", "publish ms", "resolve ms"], rows)
        refusals = show_refusals(nodes, folder, last)
        print("\nCards that must be refused:\n")
        print_table(["card", "reason", "in words"], refusals)
        bad = any("BAD" in row for row in rows) or any("ACCEPTED" in row for row in refusals)
        if options.once:
            return 1 if bad else 0
        nodes[0] = Node(NAMES[0], folder, [])  # from the same folder: the same node
        data = nodes[1].data
        print(f"""
The mesh stays up until Ctrl-C. In another terminal, try:

  build/release/mycel peers --data {data}
  build/release/mycel card get {last['did']} --data {data}
  build/release/mycel record put /mycel-raw/greeting hello --data {data}
  build/release/mycel record get /mycel-raw/greeting --data {nodes[4].data}
""", flush=True)
        signal.pause()
    except KeyboardInterrupt:
        print("\nstopping")
    except Refused as refusal:
        print(f"refused: {refusal}", file=sys.stderr)
        bad = True
    finally:
        for node in nodes:
            node.stop()
        if not bad:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"the logs are kept in {folder}", file=sys.stderr)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
