"""Large content in parts that prove themselves, and what a node remembers of earlier lookups."""

import random

from hello_stories import metric
from mycelctl import DONE, REFUSED, value_of
from processes import eventually

METRICS = "metrics.listen=127.0.0.1:0"
PART = 32 * 1024
PATIENCE = 20.0  # s; for a mesh of three on a machine that does other things too


def write_content(world, name, size, seed):
    file = world.folder("content") / name
    file.write_bytes(random.Random(seed).randbytes(size))
    return file


def tampered(part, name):
    """The same part with one bit of its chunk changed."""
    bent = bytearray(part.read_bytes())
    bent[len(bent) // 2] ^= 1
    file = part.with_name(name)
    file.write_bytes(bent)
    return file


def three_nodes(world, name, settings=()):
    first = world.node(f"{name}-1", settings=settings).start()
    others = [world.node(f"{name}-{i}", settings=settings).start([first.addr]) for i in (2, 3)]
    for node in (first, *others):
        eventually(lambda node=node: len(node.peers()) >= 2, PATIENCE, interval=0.3,
                   what=f"{node.name} has two peers")
    return (first, *others)


def tell_of_content(stories, world):
    @stories.story("One part of a file is proved and checked with nothing but the content's name")
    def _():
        file = write_content(world, "film", 5 * PART + 77, seed=1)
        run = world.mycel.run
        root = run("content", "root", file, "--json").expect(DONE).json
        assert root["parts"] == 6 and root["size"] == 5 * PART + 77, root
        part = world.folder("content") / "film.part"
        proved = run("content", "prove", file, "--at", 3 * PART + 5, "--out", part,
                     "--json").expect(DONE).json
        assert proved["part"] == 3 and proved["cid"] == root["cid"], proved
        got = world.folder("content") / "film.bytes"
        checked = run("content", "verify", part, root["cid"], "--out", got, "--json").expect(DONE).json
        assert checked["verified"] is True and checked["offset"] == 3 * PART, checked
        assert got.read_bytes() == file.read_bytes()[3 * PART:4 * PART]

        run("content", "verify", tampered(part, "bent.part"),
            root["cid"]).expect_clear_refusal("do not lead to the content's name")
        other = write_content(world, "other", 100, seed=2)
        other_cid = run("content", "root", other, "--json").expect(DONE).json["cid"]
        run("content", "verify", part, other_cid).expect_clear_refusal("other content")
        run("content", "verify", file, root["cid"]).expect_clear_refusal("no part of content")
        run("content", "prove", file, "--at", 10 * PART, "--out", part).expect_clear_refusal("no byte")

    @stories.story("Content that one node puts is found by another, also when its publisher is dead")
    def _():
        first, second, third = three_nodes(world, "content")
        file = write_content(world, "song", 7 * PART + 1, seed=3)
        put = first.run("content", "put", file).expect(DONE).json
        assert put["parts"] == 8 and put["stored"] == 2, put
        for name, alive in (("all", True), ("two", False)):
            if not alive:
                first.kill()
            out = world.folder("content") / f"song-of-{name}"
            got = third.run("content", "get", put["cid"], "--out", out).expect(DONE).json
            assert got["verified"] is True and got["size"] == file.stat().st_size, got
            assert out.read_bytes() == file.read_bytes()
        missing = world.folder("content") / "missing"
        unknown = world.mycel.run("content", "root", write_content(world, "unknown", 9, seed=4),
                                  "--json").expect(DONE).json["cid"]
        second.run("content", "get", unknown, "--out", missing).expect_clear_refusal("not found")
        assert not missing.exists() and not missing.with_name("missing.unfinished").exists()

    @stories.story("A part that was changed is refused by every node, and counted by reason")
    def _():
        first, second, _ = three_nodes(world, "forged", settings=[METRICS])
        file = write_content(world, "true", 3 * PART, seed=5)
        part = world.folder("content") / "true.part"
        cid = world.mycel.run("content", "prove", file, "--at", PART, "--out", part,
                              "--json").expect(DONE).json["cid"]
        bent = tampered(part, "forged.part")
        key = f"/mycel-part/{cid}/1"
        refused = first.run("record", "put", key, "--file", bent)
        refused.expect_clear_refusal("bad_proof")
        first.run("record", "put", key, "--file", bent, "--unchecked").expect_clear_refusal()
        counted = 'mycel_verification_failures_total{reason="bad_proof"}'
        assert float(metric(second, counted)) >= 1, metric(second, counted)
        assert float(metric(second, 'mycel_dht_requests_refused_total{reason="bad_value"}')) >= 1
        first.run("record", "put", f"/mycel-part/{cid}/0", "--file",
                  part).expect_clear_refusal("wrong_key")
        first.run("record", "put", key, "--file", part).expect(DONE)
        second.run("record", "get", key).expect(DONE)

    @stories.story("What was found a moment ago costs no lookup, --fresh asks again, and a newer value is seen at once")
    def _():
        first, second, _ = three_nodes(world, "cached", settings=[METRICS])
        key = "/test/popular"
        first.put(key, "a").expect(DONE)

        def got(*flags):
            return second.run("record", "get", key, *flags).expect(DONE).json
        assert got("--quorum", 2)["cached"] is False
        again = got("--quorum", 2)
        assert again["cached"] is True and again["messages"] == 0 and again["value"] == "a", again
        fresh = got("--quorum", 2, "--fresh")
        assert fresh["cached"] is False and fresh["messages"] > 0, fresh
        first.put(key, "b").expect(DONE)
        assert got()["value"] == "b", "the newer value came by"
        assert float(metric(second, "mycel_cache_hit_rate")) > 0
        assert float(metric(second, "mycel_dht_cache_invalidations_total")) >= 1
        assert second.run("record", "get", "/test/none").code == REFUSED
        assert value_of(second.get(key)) == "b"
