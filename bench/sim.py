"""The simulator's own figures: how fast virtual time runs, and how much memory a node takes."""

import json
import os
import subprocess
import tempfile

from figures import Row

TWINS = 10  # seeds of the scenario
SMALL = 1_000  # nodes whose memory is compared with that of the large run: what is no node's cancels out


def rows_of(nodes):
    sim = f"sim{nodes // 1000}k" if nodes % 1000 == 0 else f"sim{nodes}"
    rows = [
        Row("sim10_speedup", "s/s", "higher", 1_000, note="calm, 10 nodes: simulated seconds a second"),
        Row(f"{sim}_deliveries_per_s", "1/s", "higher", 500_000, note=f"large, {nodes:,} nodes, a second of processor time"),
        Row(f"{sim}_processor_s", "s", "lower", note=f"large, {nodes:,} nodes, from begin to end"),
        Row(f"{sim}_KiB_per_node", "KiB", "lower", 64, note="heap of a node at the end, beside the keys and values of its records"),
        Row(f"{sim}_resident_KiB_per_node", "KiB", "lower", note="peak resident memory of the run: joins, disks and network too"),
        Row("twins_scenarios_per_s", "1/s", "higher", note="twins, one core"),
    ]
    return {row.name: row for row in rows}, sim


def simulate(mycel, scenario, *options):
    """(the objects that were told, seconds of processor time, peak resident bytes)"""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen([mycel, "sim", "run", scenario, *options, "--json"], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        busy = usage.ru_utime + usage.ru_stime  # a run is one thread, and others share the machine
        out.seek(0)
        told = [json.loads(line) for line in out]
    if process.returncode not in (0, 1) or not told:
        raise RuntimeError(f"mycel sim run {scenario} {' '.join(options)} ended with {process.returncode}")
    return told, busy, usage.ru_maxrss * 1024


def run(mycel, options, say):
    rows, sim = rows_of(options.sim_nodes)
    for number in range(1, options.rounds + 1):
        say(f"round {number} of {options.rounds}: 10 nodes, and twins")
        told, busy, _ = simulate(mycel, "calm", "--nodes", "10", "--seed", str(number))
        rows["sim10_speedup"].values.append(told[0]["virtual_s"] / busy)
        told, busy, _ = simulate(mycel, "twins", "--seeds", f"1..{TWINS}")
        rows["twins_scenarios_per_s"].values.append(len(told) / busy)
    say(f"{options.sim_nodes:,} nodes, once")
    small = min(SMALL, options.sim_nodes // 2)
    _, _, small_bytes = simulate(mycel, "large", "--nodes", str(small))
    told, busy, large_bytes = simulate(mycel, "large", "--nodes", str(options.sim_nodes))
    rows[f"{sim}_deliveries_per_s"].values.append(told[0]["deliveries"] / busy)
    rows[f"{sim}_processor_s"].values.append(busy)
    rows[f"{sim}_KiB_per_node"].values.append(told[0]["node_bytes"] / 1024)
    rows[f"{sim}_resident_KiB_per_node"].values.append((large_bytes - small_bytes) / 1024 / (options.sim_nodes - small))
    return list(rows.values())
