"""Witnesses among real processes: who attests, who may be missing, and what too small a mesh says."""

from hello_stories import metric
from processes import eventually
from stories import Once

PATIENCE = 60.0  # s; nothing is attested in the ten seconds in which a node starts
QUORUM = 5
KEY = "/mycel-raw/greeting"


def witnessed(node, at=None):
    """The answer of `mycel dht witness` once it succeeds."""
    def asked():
        result = node.run("dht", "witness", KEY, *(() if at is None else ("--at", at.peer)))
        return result.json if result.code == 0 else None
    return eventually(asked, PATIENCE, interval=1.0, what=f"{node.name} has {KEY} witnessed")


def tell_of_witnesses(stories, world):
    def nine():
        settings = ["metrics.listen=127.0.0.1:0"]
        first = world.node("witness-0", settings=settings).start()
        nodes = [first] + [world.node(f"witness-{number}", settings=settings).start([first.addr])
                           for number in range(1, 9)]
        for node in nodes:
            eventually(lambda node=node: node.status()["dht"]["table"] >= 8, 60.0, interval=0.5,
                       what=f"{node.name} knows all others")
        return nodes

    mesh = Once(nine)

    @stories.story("Nodes that neither side chose attest where both are, how far, and who is near a key")
    def _():
        nodes = mesh()
        source, target = nodes[0], nodes[1]
        told = witnessed(source, target)
        witnesses = [witness["peer"] for witness in told["witnesses"]]
        assert len(set(witnesses)) == len(witnesses) >= QUORUM, told
        assert not {source.peer, target.peer} & set(witnesses), told
        assert told["source"]["addr"] == source.addr.split("/p2p/")[0], told
        assert told["target"]["addr"] == target.addr.split("/p2p/")[0], told
        assert set(told["neighbours"]) <= {node.peer for node in nodes}, told
        assert int(metric(target, "mycel_witness_proofs_accepted_total")) >= 1
        assert source.run("trust", "show").expect(0).json == {"convicted": []}

    @stories.story("Two witnesses may be dead")
    def _():
        nodes = mesh()
        for victim in nodes[7:]:
            victim.kill()
        told = witnessed(nodes[2], nodes[3])
        dead = {node.ready["peer"] for node in nodes[7:]}
        assert len(told["witnesses"]) >= QUORUM, told
        assert not dead & {witness["peer"] for witness in told["witnesses"]}, told

    @stories.story("A mesh that is too small for a quorum says so")
    def _():
        first = world.node("lonely-0").start()
        second = world.node("lonely-1").start([first.addr])
        second.knows(first.peer)
        second.run("dht", "witness", KEY).expect_clear_refusal("too_few", "no quorum of witnesses")
