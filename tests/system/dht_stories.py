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
