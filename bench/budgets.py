"""What operations may cost, as exact counts: bench/budgets.toml. One message more fails; one less asks
that the budget is lowered, so that nothing creeps back."""

import json
import subprocess
import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("budgets.toml")
COUNTS = ("messages", "bytes", "virtual_us")  # of all operations of one kind together

HEAD = """\
# What operations cost when nothing goes wrong, in a simulated mesh: `mycel sim costs --nodes N --seed S`.
# Sums over `count` operations, one at a time; "join" over all nodes. They are exact: nothing here depends on
# the machine. `./dev bench sim --budgets` compares. More: find out why, or say in the commit why it is worth it.
# Fewer: lower the budget with `./dev bench sim --budgets --write`.
"""


def costs(mycel, nodes, seed):
    told = subprocess.run([mycel, "sim", "costs", "--nodes", str(nodes), "--seed", str(seed), "--json"],
                          capture_output=True, text=True, check=True).stdout
    return {name: cost for name, cost in json.loads(told).items() if isinstance(cost, dict)}


def check(mycel, writes, say):
    """True when every count is what the file says."""
    budgets = tomllib.loads(FILE.read_text())
    is_good = True
    for run in budgets["run"]:
        found = costs(mycel, run["nodes"], run["seed"])
        say(f"{run['nodes']} nodes, seed {run['seed']}")
        for operation, cost in found.items():
            budget = run.get(operation, {})
            verdict = compare(operation, cost, budget)
            say(f"  {operation:14} " + "  ".join(f"{cost[name] / cost['count']:>10,.1f} {name}" for name in COUNTS)
                + f"   each of {cost['count']}{verdict}")
            is_good = is_good and not verdict
            run[operation] = cost
    if writes:
        FILE.write_text(text_of(budgets))
        say("bench/budgets.toml is written")
        return True
    if not is_good:
        say("More than the budget: find out why. Fewer: ./dev bench sim --budgets --write, and commit it.")
    return is_good


def compare(operation, cost, budget):
    if cost["failed"]:
        return f"  FAILED {cost['failed']} times"
    verdicts = []
    for name in ("count", *COUNTS):
        allowed = budget.get(name)
        if allowed is None:
            verdicts.append(f"no budget of {name}")
        elif cost[name] != allowed:
            word = "MORE" if cost[name] > allowed else "fewer"
            verdicts.append(f"{word}: {cost[name]:,} {name}, budget {allowed:,}")
    return "  " + "; ".join(verdicts) if verdicts else ""


def text_of(budgets):
    lines = [HEAD]
    for run in budgets["run"]:
        lines += ["[[run]]", f"nodes = {run['nodes']}", f"seed = {run['seed']}"]
        for operation, cost in run.items():
            if isinstance(cost, dict):
                inner = ", ".join(f"{name} = {cost[name]}" for name in ("count", *COUNTS))
                lines.append(f"{operation} = {{ {inner} }}")
        lines.append("")
    return "\n".join(lines)
