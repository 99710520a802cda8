#include "apps/mycel/arguments.hpp"

#include <sstream>

#include <CLI/CLI.hpp>

namespace mycel::app {
namespace {

constexpr const char* explain_help =
    "Show how it was found: paths, hops, who answered what and how fast, and which value won";

class Parser {
 public:
  Parser() {
    root_.require_subcommand(1);
    root_.footer(
        "Every command takes --json and --help. Exit codes: 0 done, 1 refused or not found, 2 "
        "wrong usage, 3 no node to talk to.\n"
        "Try:  mycel up                                  # in one terminal\n"
        "      mycel doctor                              # in another");
    add_up();
    add_questions();
    add_cards();
    add_records();
    add_shared();
    add_content();
    add_witnesses();
    add_identity();
    add_network();
    add_sim();
    add(root_, "version", "Print the version and what it was built with", "mycel version");
  }

  Result<Arguments, Exit> parse(int argc, const char* const* argv) {
    try {
      root_.parse(argc, argv);
      for (const std::string& setting : arguments_.settings)
        if (setting.find('=') == std::string::npos)
          return Err{Exit{wrong_usage,
                          "--set " + setting + ": write KEY=VALUE, for example --set dht.k=20\n"}};
      return arguments_;
    } catch (const CLI::ParseError& problem) {
      std::ostringstream out;
      std::ostringstream err;
      const int code = root_.exit(problem, out, err);
      return Err{Exit{code == 0 ? done : wrong_usage, code == 0 ? out.str() : err.str()}};
    }
  }

 private:
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& what,
                const std::string& examples) {
    CLI::App* const command = parent.add_subcommand(name, what);
    command->footer("Examples:\n  " + examples);
    command->add_flag("--json", arguments_.is_json,
                      "Print JSON for scripts instead of text for people");
    const std::string full = parent.get_parent() != nullptr ? parent.get_name() + " " + name : name;
    command->final_callback([this, full] {
      if (arguments_.command.empty()) arguments_.command = full;
    });
    return *command;
  }

  CLI::App& add_group(const std::string& name, const std::string& what) {
    CLI::App* const group = root_.add_subcommand(name, what);
    group->require_subcommand(1);
    return *group;
  }

  CLI::App& with_node(CLI::App& command) {
    command.add_option("--data", arguments_.data_dir, "Data folder of the node to talk to");
    command.add_option("--control", arguments_.control,
                       "Its control socket, when it is not in the data folder");
    command.add_option("--timeout", arguments_.timeout_s, "Seconds to wait for the answer")
        ->check(CLI::Range(1, 3600));
    return command;
  }

  void add_fresh(CLI::App& command) {
    command.add_flag("--fresh", arguments_.is_fresh,
                     "Ask the mesh even if the node found it a moment ago");
  }

  void add_up() {
    CLI::App& up =
        add(root_, "up", "Run a node until Ctrl-C; works without any configuration",
            "mycel up\n  mycel up --data ./b --listen /ip4/127.0.0.1/udp/0/quic-v1 --join "
            "/ip4/127.0.0.1/udp/4150/quic-v1");
    up.add_option("--listen", arguments_.listen,
                  "Address to listen on, as a multiaddr; may be repeated");
    up.add_option("--join", arguments_.join, "Address of a node to join; may be repeated");
    up.add_option("--announce", arguments_.announce,
                  "Address to tell others instead of those listened on; may be repeated");
    up.add_option("--data", arguments_.data_dir, "Data folder");
    up.add_option("--config", arguments_.config_file,
                  "Configuration file (TOML); see `mycel config`");
    up.add_option("--set", arguments_.settings,
                  "KEY=VALUE: one setting over the file's; may be repeated");
    CLI::App& config =
        add(root_, "config", "Print the effective configuration, with what each key means",
            "mycel config\n  mycel config --config mycel.toml > full.toml");
    config.add_option("--config", arguments_.config_file, "Configuration file (TOML)");
    config.add_option("--data", arguments_.data_dir, "Data folder");
    config.add_option("--set", arguments_.settings, "KEY=VALUE; may be repeated");
  }

  void add_questions() {
    with_node(add(root_, "status", "What the node is and how it is", "mycel status"));
    with_node(add(root_, "peers", "Who the node is connected to", "mycel peers --json"));
    with_node(add(root_, "doctor", "Check the node and its surroundings, and say what to do",
                  "mycel doctor"));
    with_node(add(root_, "stop", "Stop the node gracefully", "mycel stop --data ./b"));
    CLI::App& dial = with_node(add(root_, "dial", "Connect to a peer",
                                   "mycel dial /ip4/192.0.2.7/udp/4150/quic-v1/p2p/12D3KooW..."));
    dial.add_option("ADDRESS", arguments_.first, "Multiaddr; with /p2p/ID nobody else is accepted")
        ->required();
    dial.add_option("--protocol", arguments_.protocol,
                    "Also ask whether the peer speaks this protocol");
    CLI::App& ping = with_node(
        add(root_, "ping", "Measure the round trip to a peer", "mycel ping 12D3KooW... --count 5"));
    ping.add_option("PEER", arguments_.first, "Peer id or multiaddr")->required();
    ping.add_option("--count", arguments_.count, "How many times")
        ->default_val(3)
        ->check(CLI::Range(1, 1000));
  }

  void add_cards() {
    CLI::App& card = add_group("card", "Signed agent cards: who an agent is and what it can do");
    CLI::App& publish =
        with_node(add(card, "publish", "Sign a card with its agent's key and publish it",
                      "mycel card publish examples/agents/weather.json"));
    publish.add_option("FILE", arguments_.file, "The card, as JSON")->required();
    CLI::App& get = with_node(
        add(card, "get", "Resolve a card and verify it", "mycel card get did:key:z6Mk..."));
    get.add_option("DID", arguments_.first, "did:key of the agent")->required();
    get.add_option("--out", arguments_.out, "Save the card as it was signed to this file");
    add_fresh(get);
    get.add_flag("--explain", arguments_.is_explained, explain_help);
    CLI::App& watch = with_node(
        add(card, "watch", "Print each new edition of a card as it is found, until Ctrl-C",
            "mycel card watch did:key:z6Mk...\n  mycel card watch did:key:z6Mk... "
            "--count 1 --json"));
    watch.add_option("DID", arguments_.first, "did:key of the agent")->required();
    watch
        .add_option("--count", arguments_.count,
                    "End after so many editions; without it, go on until Ctrl-C")
        ->check(CLI::Range(1, 1'000'000));
    watch
        .add_option("--every", arguments_.every_s,
                    "Seconds between looks after news; doubles up to a minute while there is none")
        ->check(CLI::Range(1, 3600));
    with_node(add(card, "list", "Cards that this node publishes", "mycel card list"));
    CLI::App& revoke = with_node(add(card, "revoke", "Declare a card void, for everybody",
                                     "mycel card revoke did:key:z6Mk..."));
    revoke.add_option("DID", arguments_.first, "did:key of one of this node's agents")->required();
    CLI::App& verify = add(card, "verify", "Check a signed card file; needs no node",
                           "mycel card verify weather.card");
    verify.add_option("FILE", arguments_.file, "Saved by `mycel card get --out`")->required();
    verify.add_option("--did", arguments_.first, "Whose card it must be");
  }

  void add_records() {
    CLI::App& record = add_group("record", "Values and providers in the DHT");
    CLI::App& put = with_node(add(record, "put", "Store a value on the nodes nearest to its key",
                                  "mycel record put /mycel-raw/greeting hello"));
    put.add_option("KEY", arguments_.first, "Key, with its namespace")->required();
    CLI::Option* const value = put.add_option("VALUE", arguments_.second, "Value, as text");
    CLI::Option* const file = put.add_option("--file", arguments_.file, "Value, from a file");
    value->excludes(file);
    put.parse_complete_callback([value, file] {
      if (value->empty() && file->empty()) throw CLI::RequiredError("VALUE or --file FILE");
    });
    CLI::Option* const unchecked =
        put.add_flag("--unchecked", arguments_.is_unchecked,
                     "Send it even if this node's own rules refuse it: the others judge");
    put.add_flag("--all", arguments_.is_all, "Wait until all of the nearest nodes were told");
    put.add_flag("--witnessed", arguments_.is_witnessed,
                 "Wait for all, and have witnesses of the mesh sign what they see of it")
        ->excludes(unchecked);
    CLI::App& get =
        with_node(add(record, "get", "Find a value", "mycel record get /mycel-raw/greeting"));
    get.add_option("KEY", arguments_.first, "Key, with its namespace")->required();
    get.add_option("--quorum", arguments_.quorum,
                   "How many nodes must have answered with a value; 1: the first")
        ->check(CLI::Range(1, 20));
    get.add_option("--out", arguments_.out, "Save the value to this file");
    add_fresh(get);
    get.add_flag("--explain", arguments_.is_explained, explain_help);
    get.add_flag("--witnessed", arguments_.is_witnessed,
                 "Explain, and have witnesses of the mesh sign what they see of it");
    CLI::App& provide =
        with_node(add(record, "provide", "Tell the mesh that this node has some content",
                      "mycel record provide bafkrei..."));
    provide.add_option("CID", arguments_.first, "Content id")->required();
    CLI::App& providers = with_node(
        add(record, "providers", "Find who has some content", "mycel record providers bafkrei..."));
    providers.add_option("CID", arguments_.first, "Content id")->required();
    providers.add_option("--count", arguments_.count, "How many are enough")
        ->default_val(20)
        ->check(CLI::Range(1, 1000));
  }

  void add_shared() {
    CLI::App& shared = add_group("shared", "Records that several agents write, and that merge");
    CLI::App& create =
        with_node(add(shared, "create", "Make a record of this node's agent for it and others",
                      "mycel shared create board --writer did:key:z6Mk..."));
    create.add_option("--writer", arguments_.writers,
                      "did:key of who else may write in it; may be repeated");
    CLI::App& admit = with_node(add(shared, "admit", "Let somebody write in one's own record",
                                    "mycel shared admit board did:key:z6Mk..."));
    CLI::App& remove =
        with_node(add(shared, "remove", "Take somebody and its words off one's own record",
                      "mycel shared remove board did:key:z6Mk..."));
    for (CLI::App* command : {&create, &admit, &remove})
      command->add_option("NAME", arguments_.first, "Name of the record")->required();
    for (CLI::App* command : {&admit, &remove})
      command->add_option("DID", arguments_.second, "did:key of the writer")->required();
    CLI::App& set = with_node(add(shared, "set", "Say something in the place of this node's agent",
                                  "mycel shared set did:key:z6Mk... board 'back at noon'\n  "
                                  "mycel shared set did:key:z6Mk... board --clear"));
    CLI::App& get = with_node(
        add(shared, "get", "Read what all writers say", "mycel shared get did:key:z6Mk... board"));
    for (CLI::App* command : {&set, &get}) {
      command->add_option("OWNER", arguments_.first, "did:key of the record's owner")->required();
      command->add_option("NAME", arguments_.second, "Name of the record")->required();
    }
    CLI::Option* const text = set.add_option("TEXT", arguments_.third, "What to say, as text");
    CLI::Option* const file = set.add_option("--file", arguments_.file, "What to say, from a file");
    CLI::Option* const clear =
        set.add_flag("--clear", arguments_.is_cleared, "Say nothing any more");
    text->excludes(file);
    clear->excludes(text)->excludes(file);
    set.parse_complete_callback([text, file, clear] {
      if (text->empty() && file->empty() && clear->empty())
        throw CLI::RequiredError("TEXT, --file FILE or --clear");
    });
    for (CLI::App* command : {&create, &admit, &remove, &set})
      command->add_option("--agent", arguments_.agent,
                          "Name of the agent's key, as `mycel.agent` in a card; \"default\"");
    add_fresh(get);
  }

  void add_content() {
    CLI::App& content = add_group("content", "Large content in parts that each prove themselves");
    CLI::App& root = add(content, "root", "Print the name of a file's content; needs no node",
                         "mycel content root film.mp4");
    CLI::App& prove = add(content, "prove", "Save one part of a file with its proof; needs no node",
                          "mycel content prove film.mp4 --at 1000000 --out film.part");
    prove.add_option("--at", arguments_.at, "A byte of the part, counted from 0");
    prove.add_option("--out", arguments_.out, "The file for part and proof")->required();
    CLI::App& verify = add(content, "verify", "Check one part of content; needs no node",
                           "mycel content verify film.part bafkrei... --out film.bytes");
    verify.add_option("--out", arguments_.out, "Save the bytes of the part to this file");
    CLI::App& put = with_node(add(content, "put", "Store a file's content in the mesh, by parts",
                                  "mycel content put film.mp4"));
    for (CLI::App* command : {&root, &prove, &verify, &put})
      command->add_option("FILE", arguments_.file, "The file")->required();
    CLI::App& get = with_node(add(content, "get", "Find content and check every part of it",
                                  "mycel content get bafkrei... --out film.mp4"));
    get.add_option("--out", arguments_.out, "Save the content to this file")->required();
    for (CLI::App* command : {&verify, &get})
      command->add_option("CID", arguments_.first, "Name of the content")->required();
  }

  void add_witnesses() {
    CLI::App& witness =
        with_node(add(add_group("dht", "What lies under records"), "witness",
                      "Have a quorum of drawn nodes attest what they see around a key",
                      "mycel dht witness /mycel-raw/greeting"));
    witness.add_option("KEY", arguments_.first, "Key, with its namespace")->required();
    witness.add_option("--at", arguments_.second,
                       "Peer id of the other side; without it the nearest node to the key");
    with_node(add(add_group("trust", "Whom this node believes"), "show",
                  "List who is proven to have lied", "mycel trust show"));
  }

  void add_identity() {
    CLI::App& identity = add_group("identity", "The keys of a stopped node");
    CLI::App& make = add(identity, "new", "Make the peer key of a node that has none yet",
                         "mycel identity new --difficulty 16 --data ./b");
    make.add_option("--difficulty", arguments_.difficulty,
                    "Bits that the id must cost, for a network with network.id_difficulty; each "
                    "doubles the work, 16 take seconds")
        ->check(CLI::Range(0, 32));
    make.add_option("--data", arguments_.data_dir, "Data folder");
    make.add_option("--config", arguments_.config_file, "Configuration file (TOML)");
    for (const auto& [name, what] :
         {std::pair{"show", "Print the peer id and the agents' DIDs"},
          std::pair{"backup", "Save all keys to one encrypted file"},
          std::pair{"restore", "Bring the keys back into an empty data folder"}}) {
      CLI::App& command =
          add(identity, name, what,
              std::string("mycel identity ") + name +
                  (name == std::string("show") ? "" : " keys.backup --passphrase-file secret.txt"));
      command.add_option("--data", arguments_.data_dir, "Data folder");
      command.add_option("--config", arguments_.config_file, "Configuration file (TOML)");
      if (name == std::string("show")) continue;
      command.add_option("FILE", arguments_.file, "The backup")->required();
      command
          .add_option("--passphrase-file", arguments_.second,
                      "File that holds the backup's passphrase, and nothing else")
          ->required();
    }
  }

  void add_network() {
    CLI::App& network = add_group("network", "A closed network: who may be a member");
    CLI::App& create = add(network, "create", "Make the key of a network's authority",
                           "mycel network create forest --data ./authority");
    CLI::App& admit =
        add(network, "admit", "Sign a membership certificate for a peer",
            "mycel network admit forest 12D3KooW... --days 90 --out alice.cert --data ./authority");
    for (CLI::App* command : {&create, &admit}) {
      command->add_option("NETWORK", arguments_.first, "Its name")->required();
      command->add_option("--data", arguments_.data_dir, "Data folder with the authority's key");
      command->add_option("--config", arguments_.config_file, "Configuration file (TOML)");
    }
    admit.add_option("PEER", arguments_.second, "Whom to admit: a peer id")->required();
    admit.add_option("--days", arguments_.count, "How long the certificate is good; 365")
        ->check(CLI::Range(1, 36'500));
    admit.add_option("--out", arguments_.out, "Save the certificate to this file");
  }

  void add_sim() {
    CLI::App& sim = add_group("sim", "The deterministic world that the protocols are proved in");
    Simulation& to = arguments_.sim;
    CLI::App& run = add(sim, "run", "Run a scenario",
                        "mycel sim run chaos --seed 7\n  mycel sim run chaos --seeds 1..20\n"
                        "  mycel sim run chaos --seed 7 --trace --plot run.svg\n"
                        "  mycel sim run chaos --seed 7 --shrink");
    run.add_option("SCENARIO", arguments_.first, "One of `mycel sim list`, or a TOML file")
        ->required();
    CLI::Option* const seed = run.add_option("--seed", to.seed, "Seed of the run");
    run.add_option("--seeds", to.seeds, "FIRST..LAST: many runs")->excludes(seed);
    run.add_option("--nodes", to.nodes, "How many nodes, instead of what the seed draws")
        ->check(CLI::Range(3, 100000));
    run.add_flag("--trace", to.is_traced, "Tell what happens, line by line");
    run.add_flag("--full-trace", to.is_full_trace, "The same, with every message");
    run.add_option("--plot", to.plot, "Draw the run into this SVG file");
    run.add_flag("--shrink", to.is_shrunk, "Make a failing run as small as it can be");
    run.add_option("--keep-faults", to.keep_faults, "Only these faults: 0,3,5..9 or none");
    run.add_option("--keep-liars", to.keep_liars, "Only these liars: 0,3,5..9 or none");
    run.add_option("--without-nodes", to.without_nodes, "Leave these nodes out: 3,5..9");
    run.add_option("--safety", to.safety, "Time for faults, instead of what the seed draws: 30s");
    run.add_option("--plant", to.plant, "With this bug: do the judges find it?");
    add(sim, "list", "Print the scenarios, and what each is for", "mycel sim list");
    CLI::App& costs = add(sim, "costs", "Count what each operation costs when nothing goes wrong",
                          "mycel sim costs --nodes 100");
    costs.add_option("--seed", to.seed, "Seed of the run");
    costs.add_option("--nodes", to.nodes, "How many nodes; 20 unless told")
        ->check(CLI::Range(3, 10000));
  }

  CLI::App root_{
      "Mycel: a mesh for agents and services that run on machines which do not all trust each "
      "other"};
  Arguments arguments_;
};

}  // namespace

Result<Arguments, Exit> parse_arguments(int argc, const char* const* argv) {
  return Parser().parse(argc, argv);
}

}  // namespace mycel::app
