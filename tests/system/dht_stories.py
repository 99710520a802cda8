"""What a person sees of a DHT that liars cannot bend: cards that are followed, look-ups that explain themselves."""

import json
import signal

from mycelctl import did_of
from processes import Process, eventually

EDITION_PATIENCE = 30.0  # s; a watch looks every second or two, and a look may take one


def card_of(world, name, description):
    file = world.folder("cards") / "followed.json"
    file.write_text(json.dumps({
        "name": name, "description": description, "url": "https://echo.example.org/a2a", "version": "1.0.0",
        "skills": [{"id": "answer", "name": "Answer", "description": "Answers.", "tags": ["test"]}],
        "mycel": {"expires_in": "1h"},
    }))
    return file


def tell_of_watches(stories, world):
    def watch(node, did, *more):
        return Process(f"watch-of-{node.name}", [world.mycel.path, "card", "watch", did, "--data", node.data,
                                                 "--json", "--every", 1, *more],
                       world.mycel.logs, env=world.mycel.env)

    @stories.story("A watched card is printed edition by edition, each once, and the watch ends when told")
    def _():
        owner = world.node("watch-owner").start()
        reader = world.node("watch-reader").start([owner.addr])
        reader.knows(owner.peer)
        did = did_of(owner.publish_card(card_of(world, "Echo", "first words")))
        counted = watch(reader, did, "--count", 2)
        first = counted.wait_event("edition", EDITION_PATIENCE)
        assert first["sequence"] == 1 and first["did"] == did, first
        assert first["document"]["description"] == "first words", first
        did_of(owner.publish_card(card_of(world, "Echo", "second words")))
        assert counted.wait(EDITION_PATIENCE) == 0, "it ends after so many editions"
        editions = counted.events("edition")
        assert [edition["sequence"] for edition in editions] == [1, 2], counted.events()
        assert editions[1]["previous"] == first["statement"], "the second names the first"
        assert editions[1]["document"]["description"] == "second words", editions[1]

    @stories.story("A watch says what it waits for, survives its node, and ends cleanly on Ctrl-C")
    def _():
        owner = world.node("patient-owner").start()
        reader = world.node("patient-reader").start([owner.addr])
        reader.knows(owner.peer)
        did = did_of(owner.publish_card(card_of(world, "Echo", "here")))
        following = watch(reader, did)
        following.wait_event("edition", EDITION_PATIENCE)
        reader.kill()
        eventually(lambda: "no_node" in [line["reason"] for line in following.events("waiting")],
                   EDITION_PATIENCE, what="the watch says that the node is gone")
        reader.start()
        did_of(owner.publish_card(card_of(world, "Echo", "still here")))
        eventually(lambda: [line["sequence"] for line in following.events("edition")] == [1, 2], 90.0,
                   what="both editions, each once")
        following.signal(signal.SIGINT)
        assert following.wait(5.0) == 0

    @stories.story("A watch that cannot begin says why")
    def _():
        node = world.node("watch-nothing").start()
        node.run("card", "watch", "did:web:example.org").expect_clear_refusal("did:key")
        nowhere = world.folder("no-node-to-watch")
        outcome = world.mycel.run("card", "watch", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
                                  "--data", nowhere, "--json").expect(3)
        assert outcome.json["reason"] == "no_node", outcome


class Ring:
    """Nodes of which each keeps only what is near to it, so that a reader has to ask."""

    def __init__(self, world, name, count, settings=("dht.k=3", "dht.disjoint_paths=3")):
        first = world.node(f"{name}-0", settings=settings).start()
        self.nodes = [first] + [world.node(f"{name}-{number}", settings=settings).start([first.addr])
                                for number in range(1, count)]
        for node in self.nodes:
            eventually(lambda node=node: node.status()["dht"]["table"] >= min(3, count - 1), 30.0,
                       what=f"{node.name} knows its neighbours")

    def holders(self):
        return [node for node in self.nodes if node.status()["dht"]["records"] > 0]

    def without(self):
        return [node for node in self.nodes if node.status()["dht"]["records"] == 0]


def tell_of_explanations(stories, world):
    def explained(node, key, *more):
        return node.run("record", "get", key, "--explain", *more)

    @stories.story("A get that explains itself names every question, and the value that won")
    def _():
        ring = Ring(world, "explain", 8)
        ring.nodes[0].put("/test/why", "because").expect(0)
        reader = next(iter(ring.without()))
        answer = explained(reader, "/test/why", "--quorum", 2).expect(0).json
        assert answer["value"] == "because", answer
        explain = answer["explain"]
        steps = explain["steps"]
        assert explain["disjoint_paths"] == 3 and len(steps) == answer["asked"] >= 2, answer
        assert len({step["peer"] for step in steps}) == len(steps), "nobody is asked on two paths"
        assert len({step["path"] for step in steps}) >= 2, steps
        holders = {node.peer for node in ring.holders()}
        for step in steps:
            assert step["hop"] >= 1 and step["asked_ms"] >= 0, step
            if step["outcome"] == "value":
                assert step["peer"] in holders and step["took_ms"] > 0, step
        won = [value for value in explain["values"] if value["is_answer"]]
        assert len(explain["values"]) == 1 and won, explain["values"]
        assert won[0]["holders"] == answer["answers"] >= 2, answer
        text = world.mycel.run("record", "get", "/test/why", "--explain", "--data", reader.data).expect(0).stdout
        assert text.startswith("because\n") and "disjoint paths" in text and "the answer" in text, text
        plain = reader.run("record", "get", "/test/why").expect(0).json
        assert "explain" not in plain, "nobody pays for what was not asked for"

    @stories.story("An explanation tells apart who is gone, and explains a miss as well")
    def _():
        ring = Ring(world, "explain-gone", 7)
        ring.nodes[0].put("/test/left", "behind").expect(0)
        reader = next(node for node in ring.without() if node is not ring.nodes[0])
        victim = next(node for node in ring.holders() if node is not ring.nodes[0])
        victim.kill()
        miss = explained(reader, "/test/nothing-here").expect(1).json
        answered = [step["outcome"] for step in miss["explain"]["steps"]]
        assert miss["reason"] == "not_found" and answered and not miss["explain"]["values"], miss
        assert "value" not in answered, miss
        got = explained(reader, "/test/left", "--quorum", 3).expect(0).json
        said = {step["peer"]: step["outcome"] for step in (*got["explain"]["steps"], *miss["explain"]["steps"])}
        assert said.get(victim.peer) in ("unreachable", "timeout", "unanswered", None), said
        assert got["value"] == "behind", got

    @stories.story("A card that is resolved can explain how it was found")
    def _():
        owner = world.node("explain-owner").start()
        reader = world.node("explain-reader").start([owner.addr])
        reader.knows(owner.peer)
        owner.knows(reader.peer)
        did = did_of(owner.publish_card(card_of(world, "Echo", "explained")))
        got = reader.run("card", "get", did, "--explain").expect(0).json
        assert any(value["is_answer"] for value in got["explain"]["values"]), got["explain"]
        assert "explain" not in reader.get_card(did).expect(0).json

    @stories.story("Witnesses sign what they see of a get, and the answer says which")
    def _():
        ring = Ring(world, "witnessed", 10, settings=("dht.k=20", "dht.disjoint_paths=3"))
        for node in ring.nodes:
            eventually(lambda node=node: node.status()["dht"]["table"] >= 9, 30.0, what=f"{node.name} knows all")
        ring.nodes[0].put("/test/seen", "by many").expect(0)
        late = world.node("witnessed-late", settings=("dht.k=20",)).start([ring.nodes[0].addr])
        eventually(lambda: late.status()["dht"]["table"] >= 9, 30.0, what="the late node knows all")

        def signed():
            answer = late.run("record", "get", "/test/seen", "--witnessed", "--quorum", 3).expect(0).json
            return answer if answer["witnesses"]["signed"] else None
        answer = eventually(signed, 60.0, interval=2.0, what="witnesses that sign")
        signers = answer["witnesses"]["signed"]
        assert len(set(signers)) == len(signers) >= 5, answer["witnesses"]
        peers = {node.peer for node in ring.nodes}
        assert set(signers) <= peers - {answer["from"], late.peer}, answer["witnesses"]

        def signed_put():
            put = late.run("record", "put", "/test/sealed", "by witnesses", "--witnessed").expect(0).json
            assert put["goes_on"] is False, "who wants it witnessed waits for all"
            return put if put["witnesses"]["signed"] else None
        put = eventually(signed_put, 60.0, interval=11.0, what="witnesses that sign a put")
        witnesses = put["witnesses"]
        assert len(set(witnesses["signed"])) == len(witnesses["signed"]) >= 5, witnesses
        assert set(witnesses["signed"]) <= peers - {witnesses["at"]}, witnesses
        assert witnesses["nearest_stored"] == witnesses["nearest_attested"] > 0, witnesses


def tell_of_ids(stories, world):
    def in_table(node, peer):
        entry = node.peer_entry(peer)
        return entry is not None and entry["in_table"]

    def connected(node, other):
        """Both know who the other is, and had time to ask each other."""
        node.knows(other.peer)
        other.knows(node.peer)
        node.ping(other.peer).expect(0)

    def cheap_identity():
        """A data folder whose id is not by chance a costly one."""
        for number in range(100):
            folder = world.folder(f"cheap-data-{number}")
            if world.mycel.run("identity", "new", "--data", folder, "--json").expect(0).json["difficulty"] < 8:
                return folder
        raise AssertionError("a hundred costly ids in a row")

    @stories.story("Where ids are costly, a node makes itself one, and cheap ids enter no table")
    def _():
        costly = ["network.id_difficulty=8"]
        one = world.node("costly-one", settings=costly).start()
        other = world.node("costly-other", settings=costly).start([one.addr])
        third = world.node("costly-third", settings=costly).start([one.addr])
        cheap = world.node("cheap", data=cheap_identity()).start([one.addr])
        connected(cheap, one)
        eventually(lambda: in_table(one, other.peer) and in_table(one, third.peer), 20.0,
                   what="costly nodes know each other")
        eventually(lambda: in_table(cheap, one.peer), 20.0, what="the cheap node knows the costly one")
        assert not in_table(one, cheap.peer), one.peers()
        other.put("/test/costly", "well kept").expect(0)
        assert one.run("record", "get", "/test/costly", "--explain").expect(0).json["value"] == "well kept"
        stored = other.run("record", "put", "/test/costly-2", "x").expect(0).json
        assert stored["of"] == 2, "the cheap node is no place for a replica"
        cheap.stop()
        cheap.settings = tuple(costly)
        cheap.up_in_foreground().expect_clear_refusal("id_difficulty", "mycel identity new")

    @stories.story("An id of some difficulty can be made before the node, and not twice")
    def _():
        folder = world.folder("ground")
        made = world.mycel.run("identity", "new", "--difficulty", 10, "--data", folder, "--json").expect(0).json
        assert made["difficulty"] >= 10 and made["tries"] >= 1, made
        shown = world.mycel.run("identity", "show", "--data", folder, "--json").expect(0).json
        assert shown["peer"] == made["peer"] and shown["difficulty"] == made["difficulty"], shown
        world.mycel.run("identity", "new", "--data", folder, "--json").expect_clear_refusal("already")
        node = world.node("ground", data=folder, settings=["network.id_difficulty=10"]).start()
        assert node.peer == made["peer"]

    @stories.story("Where ids are certified, only members enter the table, though strangers are welcome")
    def _():
        office = world.folder("id-authority")
        authority = world.mycel.run("network", "create", "orchard", "--data", office,
                                    "--json").expect(0).json["authority"]
        closed = ["network.id=orchard", f"network.authority={authority}"]

        def admitted(name):
            folder = world.folder(f"{name}-data")
            peer = world.mycel.run("identity", "new", "--data", folder, "--json").expect(0).json["peer"]
            file = office / f"{name}.cert"
            world.mycel.run("network", "admit", "orchard", peer, "--out", file, "--data", office).expect(0)
            return world.node(name, data=folder, settings=(*closed, "network.certified_ids=true",
                                                           f"network.certificate_file={file}"))

        one = admitted("certified-one").start()
        other = admitted("certified-other").start([one.addr])
        stranger = world.node("uncertified", settings=closed).start([one.addr])
        connected(stranger, one)
        eventually(lambda: in_table(one, other.peer) and in_table(other, one.peer), 20.0,
                   what="members know each other")
        eventually(lambda: one.peer_entry(stranger.peer)["standing"] == "stranger", 20.0,
                   what="it is clear that the stranger is one")
        assert not in_table(one, stranger.peer), one.peers()
        stored = one.put("/test/certified", "kept").expect(0).json
        assert stored["of"] == 1, "the stranger is no place for a replica"
        other.get("/test/certified").expect(0)
        stranger.get("/test/certified").expect(0)  # it may ask

    @stories.story("One subnet fills no table, where the caps are told to count it")
    def _():
        few = ["dht.caps_private=true", "dht.subnet_per_bucket=2", "dht.subnet_per_table=2"]
        one = world.node("capped", settings=few).start()
        others = [world.node(f"uncapped-{number}").start([one.addr]) for number in range(4)]
        for other in others:
            connected(other, one)
            eventually(lambda other=other: other.status()["dht"]["table"] == 4, 30.0,
                       what=f"{other.name} knows everybody: loopback is not counted")
        assert one.status()["dht"]["table"] == 2, one.status()["dht"]

    @stories.story("The founding design loads as a preset")
    def _():
        shown = world.mycel.run("config", "--set", "dht.preset=k8-d3", "--set", "dht.alpha=4").expect(0).stdout
        for line in ('preset = "k8-d3"', "k = 8", "alpha = 4", "disjoint_paths = 3", 'record_ttl = "1h"',
                     'lookup_timeout = "30s"'):
            assert line in shown.splitlines(), line
        one = world.node("founding-one", settings=["dht.preset=k8-d3"]).start()
        other = world.node("founding-other", settings=["dht.preset=k8-d3"]).start([one.addr])
        other.knows(one.peer)
        other.put("/test/founding", "kept").expect(0)
        got = one.run("record", "get", "/test/founding", "--explain").expect(0).json
        assert got["explain"]["disjoint_paths"] == 3, got["explain"]
        world.node("unheard", settings=["dht.preset=k9"]).up_in_foreground().expect_clear_refusal(
            "preset", "k8-d3", codes=(1, 2))
