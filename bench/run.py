#!/usr/bin/env python3
"""Measures mycel beside js-libp2p, in turns and in one run, and prints medians.

    run.py transport [--json] [--rounds 5]     two processes on loopback: connect, ping, streams, bulk, memory
    run.py dht [--json] [--rounds 5]           20 processes on loopback: put and get; and the simulator

Called by `./dev bench NAME`. With --json one object a line:
{"name","value","unit","better","goal","peer","peer_value"}.
"""

import argparse
import atexit
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

import dht  # noqa: E402
import figures  # noqa: E402
import processes  # noqa: E402
import transport  # noqa: E402
from jspeers import program_folder  # noqa: E402


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["transport", "dht"])
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many (default: 5)")
    parser.add_argument("--js-rounds", type=int, default=2,
                        help="dht only: rounds of the js network, which takes minutes (default: 2)")
    parser.add_argument("--sim-nodes", type=int, default=1_000,
                        help="dht only: nodes of the simulated network; 0 leaves it out (default: 1000)")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="where the programs are")
    return parser.parse_args()


def measure(options, scratch):
    programs = program_folder(scratch, say)
    logs = scratch / "logs"
    if options.name == "transport":
        return transport.run(options.build / "bin" / "transport_peer", programs, logs, options.rounds, say)
    return dht.run(options.build / "mycel", programs, scratch, options, say)


def main():
    options = arguments()
    os.environ["NODE_NO_WARNINGS"] = "1"
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    atexit.register(processes.kill_all)
    scratch = Path(tempfile.mkdtemp(prefix="mycel-bench-"))
    try:
        rows = measure(options, scratch)
    except (AssertionError, RuntimeError) as error:
        say(f"bench {options.name}: {error}")
        return 1
    finally:
        processes.kill_all()
        shutil.rmtree(scratch, ignore_errors=True)
    print("\n".join(row.as_json() for row in rows) if options.json else figures.table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
