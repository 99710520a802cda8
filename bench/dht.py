"""The DHT benchmark: a network of real nodes on loopback, one process each, and simulated ones with
and without attackers.

Nodes are asked over their control sockets, on connections that are kept. Latencies are what the node
reports of the operation alone, throughput is wall time with several gets under way on every node.
"""

import asyncio
import base64
import json
import random
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from figures import Row
from mycelctl import CONFIG, KAD, LOOPBACK
from processes import Process

PEER = "js-libp2p 3.3"
NODES = 20
PUTS = 60
GETS = 200
SECONDS = 5  # of throughput
WIDTH = 2  # gets under way on every node
VALUE = "v" * 256
PATIENCE = 900.0  # s, for the js network
SIM_PATIENCE = 4 * 3600.0  # s: 10,000 nodes under several attacks
CACHED_KEYS = 500  # of which the cache holds a tenth
CACHED_GETS = 5_000
ALL = 20  # a quorum that waits for the whole lookup, as go- and js-libp2p do

FIRST = "the first value off the network"
WHOLE = "the best value of a whole lookup, as go- and js-libp2p read"
ENOUGH = "until 10 nodes confirm, while the others are told"


def rows_of():
    rows = [
        Row("put_p50_ms", "ms", "lower", 2.5, note=ENOUGH),
        Row("put_all_p50_ms", "ms", "lower", note="until all 19 others confirm, as go- and js-libp2p write"),
        Row("get_p50_ms", "ms", "lower", 0.6, note=FIRST),
        Row("get_p95_ms", "ms", "lower", note=FIRST),
        Row("gets_per_s", "1/s", "higher", 2_000, note=FIRST),
        Row("get_all_p50_ms", "ms", "lower", note=WHOLE),
        Row("get_all_p95_ms", "ms", "lower", note=WHOLE),
        Row("gets_all_per_s", "1/s", "higher", note=WHOLE),
        Row("put_packets", "packets", "lower", note="UDP packets of the machine, for each put of either kind"),
        Row("get_packets", "packets", "lower", note=f"for each get, {FIRST}"),
        Row("get_all_packets", "packets", "lower", note=f"for each get, {WHOLE}"),
        Row("cache_hit_pct", "%", "higher", 50, note=f"Zipf(1.0) over {CACHED_KEYS} keys, room for a tenth of them"),
    ]
    return {row.name: row for row in rows}


class Control:
    """One kept connection to a node's control socket; a request at a time."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    @staticmethod
    async def open(path):
        return Control(*await asyncio.open_unix_connection(path))

    async def ask(self, method, path, body=None):
        data = b"" if body is None else json.dumps(body).encode()
        self._writer.write(f"{method} {path} HTTP/1.1\r\nHost: mycel\r\nContent-Type: application/json\r\n"
                           f"Content-Length: {len(data)}\r\n\r\n".encode() + data)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        size = next(int(line.split(":")[1]) for line in head.split("\r\n")
                    if line.lower().startswith("content-length:"))
        answer = json.loads(await self._reader.readexactly(size))
        if not head.startswith("HTTP/1.1 200"):
            raise AssertionError(f"{method} {path}: {answer}")
        return answer

    async def put(self, key, value, is_patient=False):
        text = base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")
        return await self.ask("POST", "/v1/records", {"key": key, "value": text, "all": is_patient})

    async def get(self, key, quorum, is_fresh=True):
        return await self.ask("GET", f"/v1/records?key={key}&quorum={quorum}" + "&fresh=1" * is_fresh)

    def close(self):
        self._writer.close()


@dataclass
class Node:
    process: Process
    control: str
    address: str


def start_network(mycel, scratch):
    """Starts the nodes one after another, each joining through the first."""
    nodes = []
    for number in range(NODES):
        nodes.append(start_node(mycel, scratch, f"n{number}", nodes[:1]))
    return nodes


def start_node(mycel, scratch, name, join, *settings):
    config = scratch / "bench.toml"
    config.write_text(CONFIG.format(kad=KAD))
    command = [mycel, "up", "--json", "--config", config, "--data", scratch / name, "--listen", LOOPBACK]
    for setting in ("log.level=warn", *settings):
        command += ["--set", setting]
    for node in join:
        command += ["--join", node.address]
    process = Process(name, command, scratch / "logs")
    ready = process.wait_event("ready")
    return Node(process, ready["control"], ready["addrs"][0])


async def settled(nodes, say):
    """Waits until every node knows all the others."""
    end = time.monotonic() + 90
    for node in nodes:
        control = await Control.open(node.control)
        while True:
            table = (await control.ask("GET", "/v1/status"))["dht"]["table"]
            if table >= (NODES - 1) * 0.9:
                break
            if time.monotonic() > end:
                raise AssertionError(f"the network did not settle: {table} peers in a table")
            await asyncio.sleep(0.2)
        control.close()


def packets_received():
    """UDP packets that this machine's sockets got since it started."""
    names, values = (line.split() for line in open("/proc/net/snmp") if line.startswith("Udp:"))
    return int(values[names.index("InDatagrams")])


async def measure_round(nodes, number, rng):
    """One round over the network: puts, gets one at a time, then as many as go through."""
    doors = [await Control.open(node.control) for node in nodes]
    keys = [f"/test/bench-{number}-{n}" for n in range(PUTS)]
    puts = {False: [], True: []}
    before = packets_received()
    for n, key in enumerate(keys):
        for is_patient, name in ((True, f"{key}-all"), (False, key)):
            answer = await doors[n % NODES].put(name, VALUE, is_patient)
            puts[is_patient].append(answer["ms"])
            if answer["stored"] < (NODES - 1) // 2:
                raise AssertionError(f"{name} was stored on {answer['stored']} nodes only")
    figures = {"put_p50_ms": statistics.median(puts[False]), "put_all_p50_ms": statistics.median(puts[True]),
               "put_packets": (packets_received() - before) / (2 * PUTS)}

    # Every node holds every record here, so a quorum of 1 would be a look into the node's own store:
    # 2 is its own copy and the first that comes over the network.
    for quorum, label in ((2, "get"), (ALL, "get_all")):
        samples = []
        before = packets_received()
        for n in range(GETS):
            at = n % PUTS
            reader = (at + 1 + n % (NODES - 1)) % NODES  # never the one that put it
            answer = await doors[reader].get(keys[at], quorum)
            if answer["value"] != VALUE:
                raise AssertionError(f"{keys[at]} is not what was put")
            samples.append(answer["ms"])
        figures[f"{label}_packets"] = (packets_received() - before) / GETS
        samples.sort()
        figures[f"{label}_p50_ms"] = statistics.median(samples)
        figures[f"{label}_p95_ms"] = samples[int(0.95 * len(samples)) - 1]
    for quorum, label in ((2, "gets_per_s"), (ALL, "gets_all_per_s")):
        figures[label] = await throughput(nodes, keys, quorum, rng)
    for door in doors:
        door.close()
    return figures


async def throughput(nodes, keys, quorum, rng):
    end = time.monotonic() + SECONDS
    begun = time.monotonic()

    async def reader(number):
        control = await Control.open(nodes[number].control)
        others = [key for at, key in enumerate(keys) if at % NODES != number]
        done = 0
        while time.monotonic() < end:
            await control.get(rng.choice(others), quorum)
            done += 1
        control.close()
        return done

    done = await asyncio.gather(*(reader(n) for n in range(NODES) for _ in range(WIDTH)))
    return sum(done) / (time.monotonic() - begun)


async def cache_hits(node, writer, rng):
    """Per cent of requests by Zipf's law that a node with a small cache answers from it."""
    door = await Control.open(writer.control)
    keys = [f"/test/cached-{n}" for n in range(CACHED_KEYS)]
    for key in keys:
        await door.put(key, VALUE)
    door.close()
    door = await Control.open(node.control)
    hits = 0
    for key in rng.choices(keys, [1 / (rank + 1) for rank in range(CACHED_KEYS)], k=CACHED_GETS):
        hits += (await door.get(key, 2, is_fresh=False))["cached"]
    door.close()
    return 100 * hits / CACHED_GETS


def measure_js(programs, logs, number):
    program = programs / "bench" / "peers" / "js" / "dht_bench.mjs"
    process = Process(f"js-dht-{number}", ["node", program, "--peers", NODES, "--seconds", SECONDS], logs)
    code = process.wait(PATIENCE)
    if code != 0:
        raise AssertionError(f"the js network ended with {code}: {process.stderr_tail()}")
    return json.loads(process.stdout_text().splitlines()[-1])


def simulated(build, nodes, seed):
    """The rows that sim_attack tells of lookups in a large network, with and without attackers."""
    command = [build / "bin" / "sim_attack", "rows", str(nodes), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SIM_PATIENCE)
    if done.returncode != 0:
        raise AssertionError(f"the simulation failed: {(done.stdout + done.stderr)[-500:]}")
    rows = []
    for line in done.stdout.splitlines():
        told = json.loads(line)
        row = Row(told["name"], told["unit"], told["better"], told.get("goal"), [told["value"]])
        if told.get("peer_value") is not None:
            row.peer, row.peer_values = told["peer"], [told["peer_value"]]
        rows.append(row)
    return rows


def run(mycel: Path, programs, scratch, options, say):
    rows = rows_of()
    rng = random.Random(1)
    say(f"starting {NODES} nodes")
    nodes = start_network(mycel, scratch)
    asyncio.run(settled(nodes, say))
    for number in range(1, options.rounds + 1):
        say(f"round {number} of {options.rounds}: mycel")
        for name, value in asyncio.run(measure_round(nodes, number, rng)).items():
            rows[name].values.append(value)
        if number <= options.js_rounds:
            say(f"round {number} of {options.js_rounds}: {PEER}, {NODES} processes")
            add_js(rows, measure_js(programs, scratch / "logs", number))
    say("a node with a small cache")
    reader = start_node(mycel, scratch, "reader", nodes[:1], f"dht.cache_values={CACHED_KEYS // 10}")
    rows["cache_hit_pct"].values.append(asyncio.run(cache_hits(reader, nodes[0], rng)))
    for node in [*nodes, reader]:
        node.process.kill()
    found = list(rows.values())
    if options.sim_nodes > 0:
        say(f"simulating {options.sim_nodes:,} nodes")
        found += simulated(options.build, options.sim_nodes, seed=1)
    return found


def add_js(rows, figures):
    # A js get is a whole lookup, so it stands beside both kinds of ours.
    beside = {"put_p50_ms": ["put_p50_ms", "put_all_p50_ms"], "get_p50_ms": ["get_p50_ms", "get_all_p50_ms"],
              "get_p95_ms": ["get_p95_ms", "get_all_p95_ms"], "gets_per_s": ["gets_per_s", "gets_all_per_s"]}
    for name, ours in beside.items():
        for row in ours:
            rows[row].peer = PEER
            rows[row].peer_values.append(figures[name])
