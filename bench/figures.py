"""Figures of a benchmark: rows, the goals they are held against, what other implementations do, and
how they are printed."""

import json
import statistics
from dataclasses import dataclass, field
from typing import Optional

# What is printed beside our own figures without being measured in the same run, and where it is
# from. Figures marked "measured" come from a machine of the same class (2 shared cores, AMD EPYC with
# AVX-512): treat them as orders of magnitude.
QUOTED = {
    "connect_p50_ms": [("go-libp2p 0.41, measured", "1.3-1.5")],
    "connect_first_byte_rtts": [("rust-libp2p, published", "2"),
                                ("go-libp2p, published", "3")],
    "ping_p50_ms": [("go-libp2p 0.41, measured", "0.07")],
    "open_echo_per_s": [("go-libp2p 0.41, measured", "4,600-6,100")],
    "open_echo16_per_s": [("go-libp2p 0.41, measured", "15,000-19,000")],
    "bulk_up_MBps": [("go-libp2p 0.41, measured", "316-438")],
    "bulk_down_MBps": [("go-libp2p 0.41, measured", "316-438")],
    "bulk_Gbps_per_core": [("quinn, published", "7.8"), ("ngtcp2 with GSO, published", "4.2"),
                           ("rust-libp2p, published", "2.4")],
    "put_p50_ms": [("go-libp2p-kad-dht, measured", "6.7"), ("OpenDHT without encryption, measured", "2.3")],
    "get_p50_ms": [("OpenDHT without encryption, first value, measured", "0.6")],
    "get_all_p50_ms": [("go-libp2p-kad-dht, measured", "5.4")],
    "gets_per_s": [("OpenDHT without encryption, first value, measured", "1,148")],
    "gets_all_per_s": [("go-libp2p-kad-dht, measured", "213")],
}


@dataclass
class Row:
    """One figure. `goal` is None where no goal is set."""
    name: str
    unit: str
    better: str  # "lower" or "higher"
    goal: Optional[float] = None
    values: list = field(default_factory=list)  # one a round
    peer: Optional[str] = None  # measured in the same run
    peer_values: list = field(default_factory=list)
    reason: Optional[str] = None  # why there is no value
    note: str = ""

    @property
    def value(self):
        return statistics.median(self.values) if self.values else None

    @property
    def peer_value(self):
        return statistics.median(self.peer_values) if self.peer_values else None

    @property
    def meets_goal(self):
        if self.goal is None or self.value is None:
            return None
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal

    def as_json(self):
        told = {"name": self.name, "value": rounded(self.value), "unit": self.unit, "better": self.better,
                "goal": self.goal, "peer": self.peer, "peer_value": rounded(self.peer_value)}
        if self.value is None:
            told["reason"] = self.reason or "not measured"
        return json.dumps(told)


def rounded(value):
    """Four significant digits: more would pretend."""
    return None if value is None else float(f"{value:.4g}")


def shown(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(rows):
    """The rows for people: our median with its spread, the goal, the peer of the same run, quotes."""
    lines = [("figure", "mycel", "(min-max)", "unit", "goal", "", "same run", "ratio", "quoted")]
    for row in rows:
        quotes = "; ".join(f"{who}: {what}" for who, what in QUOTED.get(row.name, []))
        if row.value is None:
            lines.append((row.name, "-", "", row.unit, goal_of(row), "", "", "", f"not available: {row.reason}"))
            continue
        verdict = {None: "", True: "met", False: "NOT met"}[row.meets_goal]
        peer = f"{row.peer} {shown(row.peer_value)}" if row.peer_values else ""
        spread = f"({shown(min(row.values))}-{shown(max(row.values))})" if len(row.values) > 1 else ""
        lines.append((row.name, shown(row.value), spread, row.unit, goal_of(row), verdict, peer, ratio(row),
                      "; ".join(part for part in (quotes, row.note) if part)))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in lines)


def goal_of(row):
    if row.goal is None:
        return ""
    return ("<= " if row.better == "lower" else ">= ") + shown(row.goal)


def ratio(row):
    """How many times better we are than the peer of the same run."""
    if not row.peer_values or not row.value:
        return ""
    times = row.peer_value / row.value if row.better == "lower" else row.value / row.peer_value
    return f"{times:.1f}x"
