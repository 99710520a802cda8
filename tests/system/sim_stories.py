"""The simulator as people and scripts use it: both cuts from one command, and a failure that repeats."""

import json
import re
import shlex

from mycelctl import DONE, REFUSED, WRONG_USAGE

KEYS = {"scenario", "seed", "fingerprint", "virtual_s", "wall_s", "deliveries", "faults", "violations"}
# Two nodes out of five that nobody hears for the whole time, and no time to meet again.
HOPELESS = """cut = "datagrams"
nodes = 5
[time]
safety = "40s"
converge = "1ms"
[faults.isolate]
count = 2
lasts = "10m"
[faults.clock_step]
count = 3
amount = 1
"""


def last_object(outcome):
    return json.loads(outcome.stdout.strip().splitlines()[-1])


def tell_of_simulator(stories, world):
    @stories.story("Scenarios of both cuts are listed, each with what it is for")
    def _():
        told = world.mycel.run("sim", "list", "--json").expect(DONE)
        listed = {each["name"]: each for each in json.loads(told.stdout)}
        assert listed["chaos"]["cut"] == "links", listed
        assert listed["datagrams"]["cut"] == "datagrams" and "QUIC" in listed["datagrams"]["about"], listed

    @stories.story("A run of either cut ends with one object")
    def _():
        for scenario, cut in (("connect", "links"), ("datagrams", "datagrams")):
            outcome = last_object(world.mycel.run("sim", "run", scenario, "--seed", "5", "--json").expect(DONE))
            assert KEYS <= outcome.keys(), outcome.keys()
            assert (outcome["scenario"], outcome["seed"], outcome["cut"]) == (scenario, 5, cut), outcome
            assert outcome["violations"] == [] and outcome["deliveries"] > 1000, outcome
            assert (outcome["fingerprint"] is None) == (cut == "datagrams"), outcome
        assert outcome["counts"]["packets sent"] >= outcome["deliveries"] / 2, outcome
        assert outcome["figures"]["message"]["count"] > 50, outcome

    @stories.story("Many seeds of the datagram cut are one object a line")
    def _():
        told = world.mycel.run("sim", "run", "datagrams", "--seeds", "11..13", "--json").expect(DONE)
        assert [json.loads(line)["seed"] for line in told.stdout.splitlines()] == [11, 12, 13], told

    @stories.story("What fails over packets exits with 1, names its judge, repeats and shrinks")
    def _():
        file = world.folder("scenarios") / "hopeless.toml"
        file.write_text(HOPELESS)
        failed = world.mycel.run("sim", "run", str(file), "--seed", "3", "--json").expect(REFUSED)
        outcome = last_object(failed)
        assert "recovers" in {each["judge"] for each in outcome["violations"]}, outcome
        words = shlex.split(outcome["repeat"])
        assert words[:3] == ["mycel", "sim", "run"], words
        again = world.mycel.run(*words[1:], "--trace").expect(REFUSED)
        assert "fault begins" in again.stdout and "VIOLATION" in again.stdout, again
        small = world.mycel.run(*words[1:], "--shrink", timeout=120).expect(REFUSED)
        assert "clock_step" not in small.stdout and "isolate" in small.stdout, small
        assert re.search(r"repeat: mycel sim run .* --keep-faults \d", small.stdout), small

    @stories.story("A run of the datagram cut can be drawn")
    def _():
        drawing = world.folder("scenarios") / "run.svg"
        world.mycel.run("sim", "run", "datagrams", "--seed", "5", "--plot", str(drawing)).expect(DONE)
        assert drawing.read_text().startswith("<svg"), drawing

    @stories.story("An option that the datagram cut has no use for is refused, with the way out")
    def _():
        for options in (("--plant", "lost_ack"), ("--keep-liars", "none"), ("--nodes", "1000"), ("--full-trace",)):
            refused = world.mycel.run("sim", "run", "datagrams", *options)
            refused.expect_clear_refusal(options[0], "datagram cut", "chaos|liars|--trace", codes=(WRONG_USAGE,))
