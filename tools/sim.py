#!/usr/bin/env python3
"""Simulated worlds by the hundred, on all cores. Called by `./dev sim`.

    ./dev sim                            chaos, seeds 1..100
    ./dev sim SCENARIO --seeds 1..200    one scenario, many seeds; every tenth runs twice and must
                                         agree, where runs have a fingerprint
    ./dev sim --fresh 200                seeds that no run had before: they come from the commit's id
    ./dev sim --seeds-file               every seed that ever found a bug (sim/seeds.txt)
    ./dev sim --golden [--write]         the fingerprints of sim/golden.txt, with both compilers' programs
    ./dev sim SCENARIO --seed 7 --trace  one run: any other option goes to `mycel sim run`

Exit code: 0 good, 1 a violation or another fingerprint, 2 wrong usage.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import sim_runs
from sim_runs import Job
from sim_summary import Progress, Summary

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "sim" / "golden.txt"
SEEDS = ROOT / "sim" / "seeds.txt"
TWICE = 10  # one run in so many is done again


def arguments():
    parser = argparse.ArgumentParser(prog="./dev sim", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", help="one of `mycel sim list`, or a file (default: chaos)")
    parser.add_argument("--seeds", default="1..100", help="FIRST..LAST (default: 1..100)")
    parser.add_argument("--fresh", type=int, metavar="COUNT", help="so many seeds from the commit's id")
    parser.add_argument("--seeds-file", action="store_true", help="every line of sim/seeds.txt")
    parser.add_argument("--golden", action="store_true", help="check sim/golden.txt")
    parser.add_argument("--write", action="store_true", help="with --golden: write what came out")
    parser.add_argument("--nodes", type=int, help="how many nodes, instead of what each seed draws")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one a core)")
    parser.add_argument("--build", default="release", help="whose program: release, dev (default: release)")
    parser.add_argument("--json", action="store_true", help="the summary as one object in the last line")
    options, rest = parser.parse_known_args()
    if rest and options.scenario is None:
        options.scenario = "chaos"
    return options, rest


def program(build):
    # Relative, so that a line can be pasted whoever's machine it came from.
    path = Path("build") / build / "mycel"
    if not (ROOT / path).exists():
        sys.exit(f"{path} is not built: ./dev build {build} mycel")
    return path


def read_lines(path):
    """(words, what stands behind the #) of each line."""
    for line in path.read_text().splitlines() if path.exists() else []:
        words, _, remark = line.partition("#")
        if words.strip():
            yield words.split(), remark.strip()


def seeds_of(text):
    match = re.fullmatch(r"(\d+)(?:\.\.(\d+))?", text)
    first = int(match.group(1)) if match else 1
    last = int(match.group(2) or first) if match else 0
    if last < first:
        sys.exit(f"--seeds {text}: write FIRST..LAST, for example 1..200")
    return first, last


def fresh_seeds(count):
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    first = int(commit[:10], 16)
    print(f"seeds {first}..{first + count - 1}, from commit {commit[:10]}", flush=True)
    return first, first + count - 1


def run(jobs, options):
    """Runs the jobs, tells what they said together, and returns the exit code."""
    summary = Summary()
    progress = Progress(sum(job.last - job.first + 1 for job in jobs))

    def tell(job, outcome):
        key = (job.scenario, outcome["seed"], job.options)
        summary.add(outcome, job.line_of(outcome["seed"]), key)
        progress.step(not outcome["violations"])

    sim_runs.run_all(jobs, options.jobs, tell)
    print(json.dumps(summary.as_json()) if options.json else summary.text(ROOT, options.jobs), flush=True)
    return 1 if summary.bad else 0


def run_seeds(options):
    scenario = options.scenario or "chaos"
    first, last = fresh_seeds(options.fresh) if options.fresh else seeds_of(options.seeds)
    more = ("--nodes", str(options.nodes)) if options.nodes else ()
    binary = program(options.build)
    jobs = sim_runs.jobs_of(binary, scenario, first, last, options.jobs, more)
    # In a process of its own, with other addresses and another past.
    jobs += [Job(binary, scenario, seed, seed, more) for seed in range(first, last + 1, TWICE)]
    return run(jobs, options)


def run_seeds_file(options):
    binary = program(options.build)
    jobs = [Job(binary, words[0], int(words[1]), int(words[1]), tuple(words[2:])) for words, _ in read_lines(SEEDS)]
    if not jobs:
        print("sim/seeds.txt is empty")
        return 0
    return run(jobs, options)


def golden_outcomes(binary, lines, options):
    found = {}
    jobs = [Job(binary, scenario, int(seed), int(seed), () if nodes == "-" else ("--nodes", nodes),
                f"{scenario} {seed} {nodes}") for scenario, seed, nodes, *_ in lines]
    sim_runs.run_all(jobs, options.jobs, lambda job, outcome: found.__setitem__(job.tag, outcome))
    return found


def check_golden(options):
    text = GOLDEN.read_text() if GOLDEN.exists() else ""
    lines = [words for words, _ in read_lines(GOLDEN)]
    builds = ["release"] + (["dev"] if (ROOT / "build" / "dev" / "mycel").exists() else [])
    is_good = True
    for build in builds:
        found = golden_outcomes(program(build), lines, options)
        for scenario, seed, nodes, *expected in lines:
            outcome = found[f"{scenario} {seed} {nodes}"]
            actual = outcome["fingerprint"] or "died"
            is_same = expected == [actual]
            print(f"{build:8} {scenario:12} seed {seed:>4} nodes {nodes:>4}  {actual}"
                  + ("" if is_same else f"  NOT {' '.join(expected) or 'written yet'}"), flush=True)
            is_good = is_good and is_same and not outcome["violations"]
            for violation in outcome["violations"][:1]:
                print(f"  VIOLATION {violation['judge']}: {violation['what']}\n  repeat: {outcome['repeat']}")
            if options.write and build == "release":
                text = re.sub(rf"^{scenario} {seed} {nodes}( \w+)?$", f"{scenario} {seed} {nodes} {actual}", text,
                              flags=re.M)
    if options.write:
        GOLDEN.write_text(text)
        print("sim/golden.txt is written")
        return 0
    if not is_good:
        print("If the change is meant to change what nodes do: ./dev sim --golden --write, and say so in the commit.")
    return 0 if is_good else 1


def main():
    os.chdir(ROOT)
    options, rest = arguments()
    if rest:
        more = ["--nodes", str(options.nodes)] if options.nodes else []
        more += ["--json"] if options.json else []
        more += ["--seeds", options.seeds] if "--seeds" in sys.argv else []
        return subprocess.call([program(options.build), "sim", "run", options.scenario, *more, *rest])
    try:
        if options.golden:
            return check_golden(options)
        return run_seeds_file(options) if options.seeds_file else run_seeds(options)
    except sim_runs.Failure as failure:
        print(failure, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
