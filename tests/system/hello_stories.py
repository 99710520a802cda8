"""Two versions, two networks, members and strangers: what nodes agree on before they work together."""

import urllib.request

from processes import eventually

PATIENCE = 15.0  # s; for a verdict on a machine that does other things too


def entry_of(node, peer):
    """What `mycel peers` says of a peer once it is settled who it is."""
    def settled():
        found = node.peer_entry(peer)
        return found if found and found.get("standing", "unknown") != "unknown" else None
    return eventually(settled, PATIENCE, what=f"{node.name} knows who {peer} is")


def metric(node, name):
    """One figure of the node's metrics page, as text."""
    url = node.ready["metrics"]
    with urllib.request.urlopen(url, timeout=10) as page:
        for line in page.read().decode().splitlines():
            if line.split(" ")[0] == name:
                return line.split(" ")[1]
    raise AssertionError(f"{name} is not on {url}")


def tell_of_hello(stories, world):
    @stories.story("Two versions meet, speak the older one, and say so")
    def _():
        older = world.node("hello-1.2", settings=["protocol.version=1.2.0", "dht.mode=client"]).start()
        newer = world.node("hello-2.0", settings=["protocol.version=2.0.0",
                                                  "protocol.minimum_version=1.1.0"]).start([older.addr])
        for node, other, speaks in ((older, newer, "2.0.0"), (newer, older, "1.2.0")):
            entry = entry_of(node, other.peer)
            assert entry["version"] == "1.2.0", entry
            assert entry["speaks"] == speaks, entry
            assert entry["features"] == ["cards"], entry  # the older one is no server of the DHT
            assert entry["network"] == "mycel", entry
            assert entry["standing"] == "peer", entry
        network = newer.status()["network"]
        assert network["version"] == "2.0.0" and network["minimum_version"] == "1.1.0", network
        assert network["features"] == ["cards", "dht"], network

    @stories.story("A node below the minimum is refused, and both sides name both versions")
    def _():
        metrics = "metrics.listen=127.0.0.1:0"
        strict = world.node("hello-strict", settings=["protocol.version=3.0.0",
                                                      "protocol.minimum_version=2.0.0", metrics]).start()
        old = world.node("hello-old", settings=[metrics]).start()
        new, plain = r"3\.0\.0 \(minimum 2\.0\.0\)", r"1\.0\.0 \(minimum 1\.0\.0\)"
        old.dial(strict.addr).expect_clear_refusal(
            "version_mismatch", f"the refusing side speaks {new}, the refused side {plain}")
        strict.dial(old.addr).expect_clear_refusal(  # whoever is dialled judges first
            "version_mismatch", f"the refusing side speaks {plain}, the refused side {new}")
        for node in (strict, old):
            assert int(metric(node, "mycel_protocol_version_mismatches_total")) >= 2, node.name
            assert node.peers() == [], node.peers()

    @stories.story("A node of another network is refused by name, whoever dials")
    def _():
        forest = world.node("hello-forest", settings=["network.id=forest"]).start()
        meadow = world.node("hello-meadow", settings=["network.id=meadow"]).start()
        forest.dial(meadow.addr).expect_clear_refusal("other_network", "forest", "meadow")
        meadow.dial(forest.addr).expect_clear_refusal("other_network", "forest", "meadow")

    @stories.story("A closed network is made of those whom its authority admitted")
    def _():
        office = world.folder("authority")
        made = world.mycel.run("network", "create", "grove", "--data", office, "--json").expect(0).json
        again = world.mycel.run("network", "create", "grove", "--data", office, "--json").expect(0).json
        assert made["authority"] == again["authority"], "the key of a network is made once"
        closed = ["network.id=grove", f"network.authority={made['authority']}",
                  "network.strangers=refuse"]

        def admitted(name):
            node = world.node(name)
            node.start()
            peer = node.peer
            node.stop()
            file = office / f"{name}.cert"
            world.mycel.run("network", "admit", "grove", peer, "--days", 30, "--out", file,
                            "--data", office, "--json").expect(0)
            node.settings = (*closed, f"network.certificate_file={file}")
            return node, file

        one, certificate = admitted("hello-one")
        other, _ = admitted("hello-other")
        one.start()
        other.start([one.addr])
        assert entry_of(one, other.peer)["standing"] == "member"
        assert entry_of(other, one.peer)["standing"] == "member"
        assert one.status()["network"]["closed"] is True

        bare = world.node("hello-bare", settings=closed).start()
        bare.dial(one.addr).expect_clear_refusal("stranger", "members only")
        plain = world.node("hello-plain").start()
        plain.dial(one.addr).expect_clear_refusal("other_network")

        thief = world.node("hello-thief", settings=(*closed, f"network.certificate_file={certificate}"))
        thief.up_in_foreground().expect_clear_refusal("certificate", "mycel network admit")

    @stories.story("A join token is a further factor: who does not know it is refused")
    def _():
        tokens = world.folder("tokens")
        for name, text in (("right", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"), ("wrong", "guess")):
            (tokens / name).write_text(text + "\n")
            (tokens / name).chmod(0o600)
        keeper = world.node("hello-keeper", settings=[f"network.join_token_file={tokens / 'right'}"]).start()
        friend = world.node("hello-friend", settings=[f"network.join_token_file={tokens / 'right'}"]).start()
        friend.dial(keeper.addr).expect(0)
        assert entry_of(friend, keeper.peer)["standing"] == "peer"
        guesser = world.node("hello-guesser", settings=[f"network.join_token_file={tokens / 'wrong'}"]).start()
        guesser.dial(keeper.addr).expect_clear_refusal("join_token")
        world.node("hello-unknowing").start().dial(keeper.addr).expect_clear_refusal("join_token")

    @stories.story("The pool of connections and its reuse are on the metrics page")
    def _():
        door = world.node("hello-door").start()
        node = world.node("hello-metrics", settings=["metrics.listen=127.0.0.1:0"]).start([door.addr])
        entry_of(node, door.peer)
        for _ in range(5):
            node.ping(door.peer).expect(0)
        assert int(metric(node, "mycel_pooled_connections")) == 1
        assert int(metric(node, "mycel_stream_reuse_total")) >= 5
