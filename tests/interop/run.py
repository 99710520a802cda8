#!/usr/bin/env python3
"""Mycel and js-libp2p on one loopback: do they understand each other, both ways?

`--self-test` tells the stories of the mixed DHT with js peers only: it tries the harness itself, and
shows what is a property of js-libp2p and no fault of mycel's.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

import names  # noqa: E402
from jspeers import JsError, JsPeer, program_folder  # noqa: E402
from mycelctl import (KAD, REFUSED, Mycel, MycelNode, default_program, is_inbound,  # noqa: E402
                      provider_ids, value_of)
from processes import eventually  # noqa: E402
from stories import Once, Stories, argument_parser, main  # noqa: E402

IDENTIFY = "/ipfs/id/1.0.0"
IDENTIFY_PUSH = "/ipfs/id/push/1.0.0"
PING = "/ipfs/ping/1.0.0"
MINUTE = 65.0  # s; longer than every idle timeout of both sides
UNKNOWN_PROTOCOL = "/nobody/speaks/this/1"
PATHS = 8  # disjoint ones, on which the mycel nodes of the mixed network walk
STREAM_CREDIT = 256  # what js grants; it grants more only for streams that ended cleanly


class World:
    """What the stories share: the program under test and the js programs."""
    mycel = None
    programs = None
    logs = None

    def js(self, name, **options):
        return JsPeer(name, self.programs, self.logs, **{"kad": KAD, **options})

    def node(self, name, **options):
        return MycelNode(self.mycel, name, **options)


world = World()


# Two pairs of a mycel node and a js peer; in one the js peer dialled, in the other mycel did. They
# live as long as the run: no story may close their connections.

class Pair:
    def __init__(self, node, js, dialled_by_js):
        self.node = node
        self.js = js
        self.dialled_by_js = dialled_by_js
        if dialled_by_js:
            self.connection = js.call("dial", addr=node.addr)["connection"]
        else:
            dialled = node.dial(js.addr)
            dialled.expect(0)
            self.connection = eventually(lambda: js.connections(node.peer), 10,
                                         what="js sees the connection")[0]["connection"]
        self.since = time.monotonic()

    def of_js(self):
        """The js peer's view: exactly one connection, still the first one."""
        connections = self.js.connections(self.node.peer)
        assert [entry["connection"] for entry in connections] == [self.connection], \
            f"the connection was not kept: {self.connection} became {connections}"
        assert connections[0]["status"] == "open", connections
        return connections[0]

    def of_mycel(self):
        """Mycel's view: exactly one entry for the js peer."""
        entries = [entry for entry in self.node.peers() if entry["peer"] == self.js.peer]
        assert len(entries) == 1, f"one entry expected: {entries}"
        return entries[0]

    def ping_both_ways(self):
        answer = self.js.call("ping", connection=self.connection, count=3)
        assert all(0 <= rtt < 5_000 for rtt in answer["rtts"]), answer
        self.node.ping(self.js.peer).expect(0)


js_dialled = Once(lambda: Pair(world.node("pair-a").start(), world.js("pair-a-js"), True))
mycel_dialled = Once(lambda: Pair(world.node("pair-b").start(), world.js("pair-b-js"), False))


def both_pairs():
    return (js_dialled(), mycel_dialled())


# A network of six that each know only the one before: whoever wants to find the others must ask.

class JsMember:
    def __init__(self, name, join=()):
        self.name = name
        self.js = world.js(name)
        self.peer, self.addr = self.js.peer, self.js.addr
        for address in join:
            self.js.call("dial", addr=address)

    def neighbours(self):
        return self.js.call("routing_table")["size"]

    def put(self, key, value):
        return len(self.js.call("put", key=key, value=value)["stored"])

    def get(self, key):
        return self.js.call("get", key=key)["value"]

    def provide(self, cid):
        self.js.call("provide", cid=cid)

    def providers(self, cid):
        return {entry["peer"] for entry in self.js.call("providers", cid=cid)["providers"]}


class MycelMember:
    def __init__(self, name, join=()):
        self.name = name
        self.node = world.node(name, settings=[f"dht.disjoint_paths={PATHS}"]).start(join)
        self.peer, self.addr = self.node.peer, self.node.addr

    def neighbours(self):
        """Connected peers that speak this DHT."""
        return sum(KAD in (entry.get("protocols") or ()) for entry in self.node.peers())

    def put(self, key, value):
        self.node.put(key, value).expect(0)
        return 1

    def get(self, key):
        return value_of(self.node.get(key))

    def provide(self, cid):
        self.node.provide(cid).expect(0)

    def providers(self, cid):
        return provider_ids(self.node.providers(cid))


class Network:
    def __init__(self, kinds):
        self.members = []
        for number, kind in enumerate(kinds):
            join = [self.members[-1].addr] if self.members else []
            self.members.append(kind(f"net-{number}-{'js' if kind is JsMember else 'mycel'}", join))
        self.js = [member for member in self.members if isinstance(member, JsMember)]
        self.mycel = [member for member in self.members if isinstance(member, MycelMember)]
        for member in self.members:
            eventually(lambda member=member: member.neighbours() >= len(self.members) - 1, 60,
                       interval=0.5, what=f"{member.name} knows the other {len(self.members) - 1}")

    def others(self, member):
        return [other for other in self.members if other is not member]


mixed = Once(lambda: Network([MycelMember, JsMember] * 3))
js_only = Once(lambda: Network([JsMember] * 6))


def check_value_is_found_by_all(network, writer, key, value):
    assert writer.put(key, value) >= 1, f"{writer.name} stored {key} nowhere"
    for reader in network.others(writer):
        got = eventually(lambda reader=reader: reader.get(key), 20, interval=0.5,
                         what=f"{reader.name} finds {key}, put by {writer.name}")
        assert got == value, f"{reader.name} got {got!r} for {key}, not {value!r}"


def check_provider_is_found_by_all(network, provider):
    cid = names.cid_of(f"content of {provider.name}".encode())
    provider.provide(cid)
    for seeker in network.others(provider):
        eventually(lambda seeker=seeker: provider.peer in seeker.providers(cid), 20, interval=0.5,
                   what=f"{seeker.name} finds {provider.name} as a provider")


def check_js_finds_peer(network, seeker, sought):
    found = seeker.js.call("find_peer", peer=sought.peer)
    assert found["peer"] == sought.peer, found
    assert names.without_peer(sought.addr) in [names.without_peer(addr) for addr in found["addrs"]], \
        f"{seeker.name} found {sought.name} at {found['addrs']}, not {sought.addr}"


def tell_of_js_only(stories):
    @stories.story("A js peer dials another, identifies it and pings it, and the connection lasts a minute", beside=True)
    def _():
        one, two = world.js("self-a"), world.js("self-b")
        connection = one.call("dial", addr=two.addr)["connection"]
        said = one.call("identify", peer=two.peer)
        assert said["agent"].startswith("js-libp2p/"), said
        assert KAD in said["protocols"], said
        assert names.without_peer(two.addr) in said["listen"], said
        seen = eventually(lambda: two.connections(one.peer), what="the other side sees it")[0]
        assert names.without_peer(said["observed"]) == names.without_peer(seen["addr"]), (said, seen)
        assert one.call("echo", peer=two.peer, text="hello")["text"] == "hello"
        one.call("ping_service", peer=two.peer)
        one.call("identify_again", peer=two.peer)
        time.sleep(MINUTE)
        one.call("ping", connection=connection, count=3)

    @stories.story("Between js peers a wrong peer id and an unknown protocol are refused")
    def _():
        one, two = world.js("self-c"), world.js("self-d")
        wrong = names.with_peer(two.addr, names.stranger_peer_id())
        try:
            one.call("dial", addr=wrong)
            raise AssertionError("the dial succeeded")
        except JsError:
            pass
        one.call("dial", addr=two.addr)
        for _ in range(STREAM_CREDIT + 44):
            check_js_is_refused(one, two.peer, UNKNOWN_PROTOCOL)
        one.call("ping", peer=two.peer)

    @stories.story("A value put by any of six js peers is found by the others")
    def _():
        network = js_only()
        for writer in network.members[:3]:
            check_value_is_found_by_all(network, writer, f"/test/of-{writer.name}", f"by {writer.name}")

    @stories.story("A provider among six js peers is found by the others")
    def _():
        network = js_only()
        for provider in network.members[:2]:
            check_provider_is_found_by_all(network, provider)

    @stories.story("Six js peers that joined as a chain find each other by id")
    def _():
        network = js_only()
        check_js_finds_peer(network, network.members[0], network.members[-1])
        check_js_finds_peer(network, network.members[-1], network.members[1])


def check_js_is_refused(js, peer, protocol):
    try:
        opened = js.call("open", peer=peer, protocol=protocol)
    except JsError as error:
        assert error.name == "UnsupportedProtocolError", f"not a refusal, but {error}"
        return
    raise AssertionError(f"{protocol} was accepted: {opened}")


def tell_of_connections(stories):
    @stories.story("A js peer dials mycel, and both sides see one connection")
    def _():
        pair = js_dialled()
        pair.node.knows(pair.js.peer)
        assert pair.of_js()["direction"] == "outbound", pair.of_js()
        assert is_inbound(pair.of_mycel()), pair.of_mycel()

    @stories.story("Mycel dials a js peer, and both sides see one connection")
    def _():
        pair = mycel_dialled()
        pair.node.knows(pair.js.peer)
        assert pair.of_js()["direction"] == "inbound", pair.of_js()
        assert not is_inbound(pair.of_mycel()), pair.of_mycel()

    @stories.story("The connection that a js peer dialled is the same and healthy a minute later", beside=True)
    def _():
        check_healthy_a_minute_later(js_dialled())

    @stories.story("The connection that mycel dialled is the same and healthy a minute later", beside=True)
    def _():
        check_healthy_a_minute_later(mycel_dialled())

    @stories.story("A js peer pings mycel, whoever dialled")
    def _():
        for pair in both_pairs():
            pair.js.call("ping", connection=pair.connection, count=20)
            pair.js.call("ping_service", peer=pair.node.peer)
            pair.of_js()

    @stories.story("Mycel pings a js peer, whoever dialled, by its id and by its address")
    def _():
        for pair in both_pairs():
            pair.node.ping(pair.js.peer, count=3).expect(0)
            pair.node.ping(pair.js.addr).expect(0)
            pair.of_js()

    @stories.story("Closing the connection from the js side is noticed by mycel, and it can be dialled again")
    def _():
        # Without a DHT: js-libp2p dials its routing table again whenever a connection to it ends.
        node, js = world.node("closing").start(), world.js("closing-js", kad=None)
        js.call("dial", addr=node.addr)
        node.knows(js.peer)
        js.call("close", peer=node.peer)
        # A node that is alone dials whom it remembers, so the connection may have a successor.
        eventually(lambda: not node.is_dialled_by(js.peer), 5, what="mycel notices the close")
        js.call("dial", addr=node.addr, force=True)
        node.knows(js.peer)

    @stories.story("A mycel node that stops leaves no connection behind in a js peer")
    def _():
        node, js = world.node("leaving").start(), world.js("leaving-js")
        js.call("dial", addr=node.addr)
        node.knows(js.peer)
        assert node.stop() == 0
        eventually(lambda: not js.connections(node.peer), 3, what="js notices that mycel left")

    @stories.story("A js peer that dials mycel twelve times over stays connected")
    def _():
        node, js = world.node("crowded").start(), world.js("crowded-js", monitor=False)
        for _ in range(12):
            js.call("dial", addr=node.addr, force=True)
        js.call("ping", peer=node.peer)
        node.ping(js.peer).expect(0)


def check_healthy_a_minute_later(pair):
    time.sleep(max(0.0, pair.since + MINUTE - time.monotonic()))
    pair.of_js()
    pair.ping_both_ways()
    pair.of_js()
    pair.of_mycel()


def tell_of_identify(stories):
    @stories.story("A js peer learns mycel's agent version, protocols and addresses")
    def _():
        version = world.mycel.version()
        for pair in both_pairs():
            said = pair.js.call("identify", peer=pair.node.peer)
            assert said["agent"].startswith("mycel/"), said
            assert said["agent"].split("/")[1].split(" ")[0] in version, (said["agent"], version)
            for protocol in (IDENTIFY, IDENTIFY_PUSH, PING, KAD):
                assert protocol in said["protocols"], f"no {protocol}: {said['protocols']}"
            assert names.without_peer(pair.node.addr) in map(names.without_peer, said["listen"]), said

    @stories.story("A js peer believes mycel's signed peer record")
    def _():
        for pair in both_pairs():
            said = pair.js.call("identify", peer=pair.node.peer)
            assert names.without_peer(pair.node.addr) in \
                map(names.without_peer, said["store"]["certified"]), said

    @stories.story("Mycel tells a js peer at which address it sees it")
    def _():
        for pair in both_pairs():
            said = pair.js.call("identify", peer=pair.node.peer)
            pair.node.knows(pair.js.peer)
            seen = pair.of_mycel()["addr"]
            assert said["observed"] is not None, said
            assert names.without_peer(said["observed"]) == names.without_peer(seen), (said, seen)
        assert names.without_peer(seen) == names.without_peer(pair.js.addr), \
            f"mycel dialled {pair.js.addr} and sees {seen}"

    @stories.story("Mycel learns a js peer's agent version and protocols, and at which address it is seen")
    def _():
        for pair in both_pairs():
            entry = pair.node.knows(pair.js.peer)
            assert entry["agent"].startswith("js-libp2p/"), entry
            for protocol in (IDENTIFY, PING, KAD):
                assert protocol in entry["protocols"], entry
            seen = pair.of_js()["addr"]
            assert names.without_peer(entry["observed"]) == names.without_peer(seen), (entry, seen)

    @stories.story("A js peer may ask mycel to identify itself again and again")
    def _():
        pair = js_dialled()
        first = pair.js.call("identify", peer=pair.node.peer)
        for _ in range(10):
            again = pair.js.call("identify_again", peer=pair.node.peer)
            assert again["protocols"] == first["protocols"], again


def tell_of_refusals(stories):
    @stories.story("A js peer that dials mycel under a wrong peer id is refused, and mycel goes on")
    def _():
        node, js = world.node("wrong-id").start(), world.js("wrong-id-js")
        stranger = names.stranger_peer_id()
        try:
            js.call("dial", addr=names.with_peer(node.addr, stranger))
            raise AssertionError("js believed a wrong peer id")
        except JsError:
            pass
        assert js.connections(stranger) == []
        js.call("ping", addr=node.addr)

    @stories.story("Mycel refuses a js peer that is not who the address says")
    def _():
        node, js = world.node("wrong-id-2").start(), world.js("wrong-id-2-js")
        stranger = names.stranger_peer_id()
        node.dial(names.with_peer(js.addr, stranger)).expect_clear_refusal()
        assert node.peer_entry(stranger) is None
        eventually(lambda: not js.connections(), 10, what="mycel closes the connection")
        node.ping(js.addr).expect(0)

    @stories.story("A protocol that mycel does not speak is refused, more often than there are streams")
    def _():
        for pair in both_pairs():
            for _ in range(STREAM_CREDIT + 44):
                check_js_is_refused(pair.js, pair.node.peer, UNKNOWN_PROTOCOL)
            pair.of_js()
            pair.ping_both_ways()

    @stories.story("A protocol that a js peer does not speak is refused, and mycel says so")
    def _():
        for pair in both_pairs():
            pair.node.dial(pair.js.addr, "/test/echo/1").expect(0)
            for _ in range(5):
                pair.node.dial(pair.js.addr, UNKNOWN_PROTOCOL).expect_clear_refusal()
            pair.of_js()
            pair.ping_both_ways()


def tell_of_the_dht(stories):
    @stories.story("Three mycel nodes and three js peers that joined as a chain find each other")
    def _():
        mixed()

    @stories.story("A value put by mycel is found by every js peer and every other mycel node")
    def _():
        network = mixed()
        for writer in network.mycel:
            check_value_is_found_by_all(network, writer, f"/test/of-{writer.name}", f"by {writer.name}")

    @stories.story("A value put by a js peer is found by every mycel node and every other js peer")
    def _():
        network = mixed()
        for writer in network.js:
            check_value_is_found_by_all(network, writer, f"/test/of-{writer.name}", f"by {writer.name}")

    @stories.story("Mycel walks eight disjoint paths through js peers, and put, get, provide and find work both ways")
    def _():
        network = mixed()
        ours, theirs = network.mycel[1], network.js[1]
        for writer, reader in ((theirs, ours), (ours, theirs)):
            check_value_is_found_by_all(network, writer, f"/test/paths-{writer.name}", f"by {writer.name}")
            check_provider_is_found_by_all(network, writer)
            cid = names.cid_of(f"content of {writer.name}".encode())
            assert writer.peer in reader.providers(cid), f"{reader.name} does not find {writer.name}"
        check_js_finds_peer(network, theirs, ours)
        ours.node.ping(theirs.peer).expect(0)
        got = ours.node.run("record", "get", f"/test/paths-{theirs.name}", "--quorum", 5, "--explain").expect(0).json
        explain = got["explain"]
        assert explain["disjoint_paths"] == PATHS, explain
        asked = [step["peer"] for step in explain["steps"]]
        assert len(asked) == len(set(asked)), f"two paths shared a peer: {asked}"
        assert {member.peer for member in network.js} <= set(asked), explain
        assert explain["paths_walked"] > 1, explain

    @stories.story("A put by a js peer is confirmed by all three mycel nodes")
    def _():
        network = mixed()
        stored = network.js[0].js.call("put", key="/test/confirmed", value="by all")["stored"]
        missing = [member.name for member in network.mycel if member.peer not in stored]
        assert not missing, f"not confirmed by {missing}"

    @stories.story("A value of 8 KiB passes both ways")
    def _():
        network = mixed()
        for writer in (network.mycel[0], network.js[0]):
            check_value_is_found_by_all(network, writer, f"/test/long-{writer.name}", "x" * 8_192)

    @stories.story("A value that nobody put is not found, by either side")
    def _():
        network = mixed()
        network.mycel[0].node.get("/test/nobody-put-this").expect(REFUSED)
        try:
            network.js[0].get("/test/nobody-put-this")
            raise AssertionError("js found a value that nobody put")
        except JsError:
            pass

    @stories.story("A provider of either kind is found by all")
    def _():
        network = mixed()
        for provider in network.members:
            check_provider_is_found_by_all(network, provider)

    @stories.story("A js peer finds every mycel node by its id, with its address")
    def _():
        network = mixed()
        for seeker in network.js:
            for sought in network.mycel:
                check_js_finds_peer(network, seeker, sought)

    @stories.story("Mycel finds every js peer by its id alone, and pings it")
    def _():
        network = mixed()
        for seeker in network.mycel:
            for sought in network.js:
                seeker.node.ping(sought.peer).expect(0)

    @stories.story("A value that the js peers refuse does no harm")
    def _():
        network = mixed()
        network.mycel[0].put("/test/unloved", "refused by js")
        got = network.mycel[1].get("/test/unloved")
        assert got == "refused by js", got
        check_value_is_found_by_all(network, network.mycel[0], "/test/after-refusal", "fine")

    @stories.story("A key of a namespace that mycel does not know is refused, and the connection stays")
    def _():
        network = mixed()
        js = network.js[0].js
        before = {entry["connection"] for entry in js.connections(network.mycel[0].peer)}
        stored = js.call("put", key="/unheard-of/key", value="anything")["stored"]
        accepted = [member.name for member in network.mycel if member.peer in stored]
        assert not accepted, f"accepted by {accepted}"
        js.call("ping", peer=network.mycel[0].peer)
        after = {entry["connection"] for entry in js.connections(network.mycel[0].peer)}
        assert before & after, f"the connection was lost: {before} became {after}"

    @stories.story("Mycel may ask js peers more often than they grant streams")
    def _():
        network = mixed()
        network.mycel[0].put("/test/often", "asked")
        for _ in range(STREAM_CREDIT + 24):
            assert network.mycel[1].get("/test/often") == "asked"
        assert network.js[0].get("/test/often") == "asked"

    @stories.story("A js peer of another DHT is connected, but not part of ours")
    def _():
        network = mixed()
        stranger = world.js("other-dht", kad="/other/kad/1.0.0")
        stranger.call("dial", addr=network.mycel[0].addr)
        network.mycel[0].node.knows(stranger.peer)
        stranger.call("ping", peer=network.mycel[0].peer)
        check_value_is_found_by_all(network, network.mycel[0], "/test/among-us", "only")
        assert stranger.call("routing_table")["size"] == 0

    @stories.story("A js peer says no hello: a stranger that is welcome, limited or refused as the policy says")
    def _():
        js = world.js("plain-js")
        welcoming = world.node("strangers-welcome").start([js.addr])
        limited = world.node("strangers-limited", settings=["network.strangers=limited"]).start([js.addr])
        refusing = world.node("strangers-refuse", settings=["network.strangers=refuse"]).start()

        def stranger(node):
            entry = node.peer_entry(js.peer)
            return entry if entry and entry.get("standing") == "stranger" and "protocols" in entry else None
        for node, is_limited in ((welcoming, False), (limited, True)):
            entry = eventually(lambda node=node: stranger(node), 20, what=f"{node.name} knows a stranger")
            assert entry["limited"] is is_limited, entry
            eventually(lambda node=node, wanted=not is_limited:
                       node.peer_entry(js.peer)["in_table"] is wanted, 20,
                       what=f"{node.name} has a table with the right peers")
            node.ping(js.peer).expect(0)
        refusing.dial(js.addr).expect_clear_refusal("stranger", "members only")

        # The other way round: js dials, and asks for more than who is there.
        caller = world.js("plain-caller")
        for node in (limited, welcoming):
            caller.call("dial", addr=node.addr)
            caller.call("ping", peer=node.peer)
        check_js_is_refused(caller, limited.peer, KAD)
        caller.call("ping", peer=limited.peer)

    @stories.story("Mycel joins the DHT that its configuration names")
    def _():
        kad = "/ipfs/kad/1.0.0"
        js = world.js("ipfs-js", kad=kad)
        node = world.node("ipfs", settings=[f"dht.protocol={kad}"]).start([js.addr])
        eventually(lambda: js.call("routing_table")["size"] >= 1, 20, what="js takes mycel in")
        node.put("/test/in-the-other", "network").expect(0)
        assert js.call("get", key="/test/in-the-other")["value"] == "network"

    @stories.story("When js peers vanish, what they stored is still found by mycel")
    def _():
        network = mixed()
        network.js[0].put("/test/left-behind", "by the dead")
        for member in network.js[:2]:
            member.js.process.kill()
        for reader in network.mycel:
            got = eventually(lambda reader=reader: reader.get("/test/left-behind"), 60, interval=1,
                             what=f"{reader.name} finds it past the dead")
            assert got == "by the dead", got


def run():
    parser = argument_parser(__doc__.splitlines()[0])
    parser.add_argument("--mycel", type=Path, default=default_program(), metavar="PATH",
                        help="the program under test")
    parser.add_argument("--self-test", action="store_true", help="try the harness with js peers only")
    parser.add_argument("--setup", action="store_true", help="only install the js packages")
    options = parser.parse_args()

    if options.setup:
        from jspeers import install_packages
        print(install_packages())
        return 0

    stories = Stories()
    if options.self_test:
        tell_of_js_only(stories)
    else:
        tell_of_connections(stories)
        tell_of_identify(stories)
        tell_of_refusals(stories)
        tell_of_the_dht(stories)

    def prepare(scratch):
        world.logs = scratch / "logs"
        if not options.self_test:
            world.mycel = Mycel(options.mycel, scratch)
        world.programs = program_folder(scratch)

    return main(stories, options, prepare)


if __name__ == "__main__":
    sys.exit(run())
