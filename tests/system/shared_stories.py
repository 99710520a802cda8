"""Records that several agents write, and that merge."""

from concurrent.futures import ThreadPoolExecutor

from content_stories import METRICS, PATIENCE, three_nodes
from hello_stories import metric
from mycelctl import DONE
from processes import eventually

NAME = "board"


def agent_of(node):
    """The DID of a node's agent: it is what the node names itself when it may not write."""
    return node.run("shared", "create", "mine").expect(DONE).json["did"]


def said(node, owner, name=NAME):
    """Who says what, as this node reads it now."""
    got = node.run("shared", "get", owner, name, "--fresh").expect(DONE).json
    return {entry["writer"]: entry.get("value", "") for entry in got["entries"]}


def tell_of_shared_records(stories, world):
    @stories.story("What two agents write at once on two nodes is read together on a third")
    def _():
        first, second, third = three_nodes(world, "shared", settings=[METRICS])
        owner, writer = agent_of(first), agent_of(second)
        made = first.run("shared", "create", NAME, "--writer", writer).expect(DONE).json
        assert made["owner"] == owner and made["stored"] == 2, made
        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(node.run, "shared", "set", owner, NAME, text)
                    for node, text in ((first, "from the first"), (second, "from the second"))]
            for one in both:
                one.result().expect(DONE)
        wanted = {owner: "from the first", writer: "from the second"}
        for node in (third, first, second):
            assert said(node, owner) == wanted, said(node, owner)
        shown = world.mycel.run("shared", "get", owner, NAME, "--data", third.data).expect(DONE)
        assert "from the second" in shown.stdout, shown

        again = third.run("shared", "get", owner, NAME).expect(DONE).json
        assert again["cached"] is True and len(again["entries"]) == 2, again

        second.run("shared", "set", owner, NAME, "later").expect(DONE)
        assert said(third, owner)[writer] == "later"
        second.run("shared", "set", owner, NAME, "--clear").expect(DONE)
        assert said(third, owner) == {owner: "from the first", writer: ""}

    @stories.story("Who may not write is told who can let it, and who was taken off is gone with its words")
    def _():
        first, second, third = three_nodes(world, "admitted")
        owner, writer = agent_of(first), agent_of(second)
        second.run("shared", "set", owner, NAME, "x").expect_clear_refusal("mycel shared create board")
        first.run("shared", "create", NAME).expect(DONE)
        first.run("shared", "create", NAME).expect_clear_refusal("already")
        second.run("shared", "set", owner, NAME,
                   "x").expect_clear_refusal(f"mycel shared admit board {writer}")
        first.run("shared", "admit", NAME, writer).expect(DONE)
        first.run("shared", "admit", NAME, writer).expect_clear_refusal("already")
        second.run("shared", "set", owner, NAME, "let in").expect(DONE)
        assert said(third, owner)[writer] == "let in"
        first.run("shared", "remove", NAME, writer).expect(DONE)
        assert writer not in said(third, owner)
        second.run("shared", "set", owner, NAME, "still here").expect_clear_refusal("may not write")
        first.run("shared", "admit", NAME, writer).expect(DONE)
        assert said(third, owner)[writer] == "", "what was said before does not come back"

        first.run("shared", "admit", NAME, "did:web:x").expect_clear_refusal("did:web:x")
        first.run("shared", "create", "a/b").expect_clear_refusal("a/b", "letters")
        first.run("shared", "set", owner, NAME, "").expect_clear_refusal("--clear")
        first.run("shared", "set", owner, NAME, "v" * 513).expect_clear_refusal("513 bytes", "512")
        third.run("shared", "get", owner, "none").expect_clear_refusal("not found")

    @stories.story("A forged entry is refused by every node, and counted by reason")
    def _():
        first, second, third = three_nodes(world, "forgery", settings=[METRICS])
        owner, writer = agent_of(first), agent_of(second)
        first.run("shared", "create", NAME, "--writer", writer).expect(DONE)
        second.run("shared", "set", owner, NAME, "the word of the second").expect(DONE)
        key = f"/mycel-shared/{owner}/{NAME}"
        whole = world.folder("shared") / "whole"
        first.run("record", "get", key, "--quorum", 3, "--out", whole).expect(DONE)
        forged = world.folder("shared") / "forged"
        forged.write_bytes(whole.read_bytes().replace(b"the word of the second",
                                                      b"the word of a stranger"))
        assert forged.read_bytes() != whole.read_bytes()
        first.run("record", "put", key, "--file", forged).expect_clear_refusal("bad_signature")
        first.run("record", "put", key, "--file", forged, "--unchecked").expect_clear_refusal()
        counted = 'mycel_verification_failures_total{reason="bad_signature"}'
        for node in (second, third):
            assert float(metric(node, counted)) >= 1, metric(node, counted)
        # In a record of another name the good words are nobody's.
        first.run("record", "put", f"/mycel-shared/{owner}/other", "--file",
                  whole).expect_clear_refusal("wrong_key")
        assert said(third, owner)[writer] == "the word of the second"

    @stories.story("A shared record survives the kill of every node that holds it, and goes on")
    def _():
        nodes = three_nodes(world, "kept")
        first, second, third = nodes
        owner, writer = agent_of(first), agent_of(second)
        first.run("shared", "create", NAME, "--writer", writer).expect(DONE)
        first.run("shared", "set", owner, NAME, "one").expect(DONE)
        second.run("shared", "set", owner, NAME, "two").expect(DONE)
        for node in nodes:
            node.kill()
        third.start()
        assert said(third, owner) == {owner: "one", writer: "two"}
        for node in (first, second):
            node.start([third.addr])
            eventually(lambda node=node: len(node.peers()) >= 1, PATIENCE, interval=0.3,
                       what=f"{node.name} has a peer")
        second.run("shared", "set", owner, NAME, "three").expect(DONE)
        assert said(third, owner) == {owner: "one", writer: "three"}
