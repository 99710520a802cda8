#!/usr/bin/env python3
"""Measures mycel beside js-libp2p, in turns and in one run, and the simulator; prints medians.

    run.py transport [--json] [--rounds 5]     two processes on loopback: connect, ping, streams, bulk, memory
    run.py dht [--json] [--rounds 5]           20 processes on loopback: put and get; and 1,000 simulated nodes, also
                                               under attack (--sim-nodes 10000 takes a quarter of an hour)
    run.py sim [--json] [--rounds 5]           the simulator itself: speed and memory
    run.py sim --budgets [--write]             messages, bytes and virtual time of each operation, exactly

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

import budgets  # noqa: E402
import dht  # noqa: E402
import figures  # noqa: E402
import processes  # noqa: E402
import sim  # noqa: E402
import transport  # noqa: E402
from jspeers import program_folder  # noqa: E402


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=["transport", "dht", "sim"])
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=5, help="the median of so many (default: 5)")
    parser.add_argument("--js-rounds", type=int, default=2,
                        help="dht only: rounds of the js network, which takes minutes (default: 2)")
    parser.add_argument("--sim-nodes", type=int,
                        help="nodes of the simulated network (default: 1000 for dht, where 0 leaves it out; "
                             "10000 for sim)")
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--budgets", action="store_true", help="sim only: compare with bench/budgets.toml")
    parser.add_argument("--write", action="store_true", help="with --budgets: write what came out")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release", help="where the programs are")
    options = parser.parse_args()
    if options.sim_nodes is None:
        options.sim_nodes = 10_000 if options.name == "sim" else 1_000
    if options.quick:
        options.rounds, options.js_rounds = min(options.rounds, 1), min(options.js_rounds, 1)
    return options


def measure(options, scratch):
    if options.name == "sim":
        return sim.run(options.build / "mycel", options, say)
    programs = program_folder(scratch, say)
    logs = scratch / "logs"
    if options.name == "transport":
        return transport.run(options.build / "bin" / "transport_peer", programs, logs, options.rounds, say)
    return dht.run(options.build / "mycel", programs, scratch, options, say)


def main():
    options = arguments()
    if options.budgets:
        return 0 if budgets.check(options.build / "mycel", options.write, print) else 1
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
