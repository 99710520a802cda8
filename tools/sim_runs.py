"""Many runs of `mycel sim run` on all cores: one process works through a range of seeds, and a
process that dies costs one seed and not the rest of its range."""

import json
import queue
import subprocess
import threading
from dataclasses import dataclass, replace
from pathlib import Path

WORDS_MAX = 2_000  # of what a dying process said


@dataclass(frozen=True)
class Job:
    program: Path
    scenario: str
    first: int
    last: int
    options: tuple = ()  # further ones of `mycel sim run`
    tag: str = ""  # for whoever asked

    @property
    def command(self):
        seeds = ["--seed", str(self.first)] if self.first == self.last else ["--seeds", f"{self.first}..{self.last}"]
        return [str(self.program), "sim", "run", self.scenario, *seeds, *self.options, "--json"]

    def line_of(self, seed):
        """What a person pastes."""
        return " ".join([str(self.program), "sim", "run", self.scenario, "--seed", str(seed), *self.options])


class Failure(Exception):
    """The program refused the question itself: nothing was run."""


def _died(job, seed, process, words):
    return {"scenario": job.scenario, "seed": seed, "fingerprint": None, "virtual_s": 0.0, "wall_s": 0.0,
            "deliveries": 0, "faults": 0,
            "violations": [{"judge": "died", "at_s": None,
                            "what": f"the process ended with {process.returncode}: {words[-WORDS_MAX:].strip()}"}],
            "repeat": job.line_of(seed)}


def _run(job, tell):
    """Runs a job to its end; a seed that kills the process is told as one that failed."""
    while True:
        with subprocess.Popen(job.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            words = []
            reader = threading.Thread(target=lambda: words.append(process.stderr.read()), daemon=True)
            reader.start()
            done = job.first
            for line in process.stdout:
                outcome = json.loads(line)
                done = outcome["seed"] + 1
                tell(job, outcome)
            process.wait()
            reader.join()
        if process.returncode == 2:
            raise Failure(words[0].strip())
        if done > job.last:
            return
        tell(job, _died(job, done, process, words[0]))
        if done == job.last:
            return
        job = replace(job, first=done + 1)


def run_all(jobs, workers, tell):
    """Runs all jobs on `workers` processes at a time. `tell(job, outcome)` hears each seed, one at a time."""
    waiting = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)
    lock = threading.Lock()
    failures = []

    def tell_locked(job, outcome):
        with lock:
            tell(job, outcome)

    def work():
        while not failures:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                _run(job, tell_locked)
            except Exception as failure:  # noqa: BLE001: it is raised again below
                failures.append(failure)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def jobs_of(program, scenario, first, last, workers, options=(), tag=""):
    """Ranges small enough that no core is idle in the end, and large enough to be worth a process."""
    count = last - first + 1
    size = max(1, min(50, count // (workers * 8)))
    return [Job(program, scenario, at, min(last, at + size - 1), tuple(options), tag)
            for at in range(first, last + 1, size)]
