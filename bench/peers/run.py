#!/usr/bin/env python3
"""Measures js-libp2p against itself: the figures that Mycel's are put beside.

    run.py transport [--bulk_bytes N ...]    two processes: connect, ping, streams, bulk
    run.py dht [--peers N ...]               one process a peer: put and get

Further options go to the js programs in js/. One JSON object of figures is printed.
"""

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "lib"))

import processes  # noqa: E402
from jspeers import program_folder  # noqa: E402
from processes import Process  # noqa: E402

PATIENCE = 900.0  # s


def say(text):
    print(text, file=sys.stderr)


def run_transport(programs, logs, options):
    program = programs / "bench" / "peers" / "js" / "transport_peer.mjs"
    server = Process("server", ["node", program, "serve"], logs)
    address = server.wait_event("ready")["addrs"][0]
    return finish(Process("client", ["node", program, "measure", address, *options], logs))


def run_dht(programs, logs, options):
    program = programs / "bench" / "peers" / "js" / "dht_bench.mjs"
    return finish(Process("dht", ["node", program, *options], logs))


def finish(process):
    """Waits for the process that measures, and prints its figures."""
    code = process.wait(PATIENCE)
    print(process.stdout_text().strip())
    if code != 0:
        say(process.stderr_tail(4_000))
    return code


def main(arguments):
    runs = {"transport": run_transport, "dht": run_dht}
    if not arguments or arguments[0] not in runs:
        say(__doc__)
        return 2
    os.environ["NODE_NO_WARNINGS"] = "1"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    atexit.register(processes.kill_all)
    scratch = Path(tempfile.mkdtemp(prefix="mycel-bench-"))
    try:
        return runs[arguments[0]](program_folder(scratch, say), scratch / "logs", arguments[1:])
    finally:
        processes.kill_all()
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
