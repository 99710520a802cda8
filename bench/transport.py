"""The transport benchmark: two processes on loopback, mycel's stack and js-libp2p in turns."""

import json

from figures import Row
from processes import Process

PEER = "js-libp2p 3.3"
PATIENCE = 300.0  # s, for one program
RELAY_DELAY_MS = 25  # each way
ROUND_TRIP_MS = 2 * RELAY_DELAY_MS

MYCEL_OPTIONS = ["--connects", 200, "--pings", 2000, "--echo_seconds", 1, "--bulk_bytes", 4 << 30]
JS_OPTIONS = ["--connects", 100, "--pings", 500, "--echo_seconds", 1, "--bulk_bytes", 64 << 20, "--rounds", 1]

ROWS = [
    Row("connect_p50_ms", "ms", "lower", 1.0),
    Row("connect_first_byte_rtts", "round trips", "lower", 2.0),
    Row("resume_first_byte_rtts", "round trips", "lower", 1.0,
        reason="resumption of TLS sessions is not implemented yet"),
    Row("ping_p50_ms", "ms", "lower", 0.05),
    Row("open_echo_per_s", "1/s", "higher", 15_000),
    Row("open_echo16_per_s", "1/s", "higher", 60_000),
    Row("bulk_up_MBps", "MB/s", "higher", 1_000),
    Row("bulk_down_MBps", "MB/s", "higher", 1_000),
    Row("bulk_Gbps_per_core", "Gb/s", "higher", 8, note="of the busier process's processor time"),
    Row("idle_connection_KiB", "KiB", "lower", 64, note="growth of the server, 1,000 connections"),
    Row("connections_10k_s", "s", "lower", note="10,000 connections to one node, 64 dials at once"),
]


class Pair:
    """Starts servers, and measures them with clients of the same implementation."""

    def __init__(self, mycel_peer, programs, logs):
        self.mycel = [mycel_peer]
        self.js = ["node", programs / "bench" / "peers" / "js" / "transport_peer.mjs"]
        self.logs = logs
        self._count = 0

    def start(self, command, *arguments):
        self._count += 1
        process = Process(f"{arguments[0]}-{self._count}", [*command, *arguments], self.logs)
        return process, process.wait_event("ready")["addrs"][0]

    def figures(self, command, *arguments):
        self._count += 1
        process = Process(f"{arguments[0]}-{self._count}", [*command, *arguments], self.logs)
        code = process.wait(PATIENCE)
        if code != 0:
            raise AssertionError(f"{process.name} exited {code}: {process.stderr_tail()}")
        return json.loads(process.stdout_text().splitlines()[-1])


def run(mycel_peer, programs, logs, rounds, say):
    pair = Pair(mycel_peer, programs, logs)
    rows = {row.name: row for row in ROWS}

    def add(name, value):
        if name in rows:
            rows[name].values.append(value)

    def add_peer(name, value):
        if name in rows:
            rows[name].peer = PEER
            rows[name].peer_values.append(value)

    server, address = pair.start(pair.mycel, "serve")
    _, js_address = pair.start(pair.js, "serve")
    _, far = pair.start(pair.mycel, "relay", address, "--delay_ms", RELAY_DELAY_MS)
    _, js_far = pair.start(pair.mycel, "relay", js_address, "--delay_ms", RELAY_DELAY_MS)
    for number in range(1, rounds + 1):
        say(f"round {number} of {rounds}: mycel")
        for name, value in pair.figures(pair.mycel, "measure", address, "--server_pid", server.pid,
                                        *MYCEL_OPTIONS).items():
            add(name, value)
        add("connect_first_byte_rtts",
            pair.figures(pair.mycel, "first_byte", far)["first_byte_p50_ms"] / ROUND_TRIP_MS)
        add("idle_connection_KiB", measure_idle(pair, 1_000)["server_KiB"])
        say(f"round {number} of {rounds}: {PEER}")
        for name, value in pair.figures(pair.js, "measure", js_address, *JS_OPTIONS).items():
            add_peer(name, value)
        add_peer("connect_first_byte_rtts",
                 pair.figures(pair.js, "first_byte", js_far)["first_byte_p50_ms"] / ROUND_TRIP_MS)
    say("10,000 connections to one node")
    add("connections_10k_s", measure_idle(pair, 10_000)["seconds"])
    return list(rows.values())


def measure_idle(pair, connections):
    """On a fresh server, whose memory nobody else has touched."""
    server, address = pair.start(pair.mycel, "serve")
    try:
        return pair.figures(pair.mycel, "idle", address, "--connections", connections,
                            "--server_pid", server.pid)
    finally:
        server.kill()
