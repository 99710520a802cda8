"""What many simulated runs say together."""

import re
import sys
import time
from collections import Counter, defaultdict

SHOWN_VIOLATIONS = 10  # of different kinds; one a judge and scenario is enough to begin with


def known_probes(root):
    """Every probe("...") in the code: the rare paths that seeds should reach."""
    found = {}
    for file in sorted((root / "src").rglob("*.cpp")):
        if file.stem.endswith(("_test", "_fuzz", "_bench")):
            continue
        for match in re.finditer(r'\bprobe\(\s*"([^"]+)"', file.read_text()):
            found.setdefault(match.group(1), file.relative_to(root))
    return found


class Progress:
    """A bar on a terminal, a line every ten seconds elsewhere."""

    def __init__(self, total, out=sys.stderr):
        self._total, self._out = total, out
        self._is_terminal = out.isatty()
        self._began = self._told = time.monotonic()
        self._done = self._bad = 0

    def step(self, is_good):
        self._done += 1
        self._bad += not is_good
        now = time.monotonic()
        if now - self._told < (0.1 if self._is_terminal else 10) and self._done < self._total:
            return
        self._told = now
        speed = self._done / max(now - self._began, 1e-9)
        left = (self._total - self._done) / speed
        bad = f", {self._bad} BAD" if self._bad else ""
        text = f"{self._done}/{self._total} runs, {speed:.1f}/s, {left:.0f} s left{bad}"
        if self._is_terminal:
            full = 30 * self._done // self._total
            end = "\n" if self._done == self._total else ""
            self._out.write(f"\r\033[K[{'#' * full}{'.' * (30 - full)}] {text}{end}")
        else:
            self._out.write(text + "\n")
        self._out.flush()


class Summary:
    def __init__(self):
        self._began = time.monotonic()
        self.runs = 0
        self.virtual_s = self.deliveries = 0
        self.faults, self.probes = Counter(), Counter()
        self.users = defaultdict(Counter)
        self.bad = []
        self.twice = 0
        self._fingerprints = {}

    def add(self, outcome, repeat, key=None):
        """`key`: runs with the same one must end with the same fingerprint."""
        self.runs += 1
        self.virtual_s += outcome["virtual_s"]
        self.deliveries += outcome["deliveries"]
        self.faults.update(outcome.get("fault_kinds", {}))
        self.probes.update(outcome.get("probes", {}))
        for operation, figures in outcome.get("figures", {}).items():
            self.users[operation].update({"count": figures["count"], "failed": figures["failed"]})
        for violation in outcome["violations"][:1]:
            self.accuse(outcome, violation["judge"], violation["what"], repeat)
        if key is None or outcome.get("cut") == "datagrams":  # TLS draws for itself: no fingerprint
            return
        if key not in self._fingerprints:
            self._fingerprints[key] = outcome["fingerprint"]
            return
        self.twice += 1
        if self._fingerprints[key] != outcome["fingerprint"]:
            self.accuse(outcome, "determinism",
                        f"fingerprint {outcome['fingerprint']} now, {self._fingerprints[key]} before", repeat)

    def accuse(self, outcome, judge, what, repeat):
        self.bad.append({"scenario": outcome["scenario"], "seed": outcome["seed"], "judge": judge, "what": what,
                         "repeat": repeat})

    def as_json(self):
        wall = time.monotonic() - self._began
        return {"runs": self.runs, "wall_s": round(wall, 3), "virtual_s": round(self.virtual_s, 3),
                "deliveries": self.deliveries, "runs_twice": self.twice, "faults": dict(self.faults),
                "probes": dict(self.probes), "violations": self.bad}

    def text(self, root, workers):
        wall = max(time.monotonic() - self._began, 1e-9)
        lines = [f"{self.runs} runs in {wall:.1f} s on {workers} cores: {self.runs / wall:.1f} seeds/s, "
                 f"{self.virtual_s / wall:,.0f} simulated s/s, {self.deliveries / wall:,.0f} deliveries/s"]
        if self.twice:
            lines.append(f"run twice    {self.twice}, in processes of their own")
        if self.faults:
            lines.append("faults       " + wrapped(f"{kind} {count:,}" for kind, count in self.faults.most_common()))
        if self.users:
            lines.append("operations   " + wrapped(
                f"{name} {told['count']:,}" + (f" ({told['failed']:,} failed)" if told["failed"] else "")
                for name, told in sorted(self.users.items())))
        known = known_probes(root)
        reached = [probe for probe in known if self.probes[probe]]
        lines.append(f"rare paths   {len(reached)} of {len(known)} reached")
        lines += [f"  {self.probes[probe]:>9,}  {probe}" for probe in sorted(reached, key=lambda p: -self.probes[p])]
        lines += [f"      never  {probe} ({known[probe]})" for probe in known if probe not in reached]
        lines += self._violations()
        return "\n".join(lines)

    def _violations(self):
        if not self.bad:
            return ["violations   none"]
        groups = defaultdict(list)
        for one in self.bad:
            groups[one["scenario"], one["judge"]].append(one)
        lines = [f"violations   {len(self.bad)} runs failed"]
        for (scenario, judge), ones in list(groups.items())[:SHOWN_VIOLATIONS]:
            first = ones[0]
            lines.append(f"  {scenario}, {judge}: {len(ones)} runs, seeds "
                         + ", ".join(str(one["seed"]) for one in ones[:8]) + (" ..." if len(ones) > 8 else ""))
            lines.append(f"    {first['what'][:400]}")
            lines.append(f"    repeat: {first['repeat']}")
        return lines


def wrapped(items, width=100):
    """Items in lines, below each other."""
    lines, line = [], ""
    for item in items:
        if line and len(line) + len(item) > width:
            lines.append(line)
            line = ""
        line += ("  " if line else "") + item
    return ("\n" + " " * 13).join([*lines, line])
