#include "apps/mycel/content.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include <boost/json.hpp>

#include "foundation/wire/content.hpp"
#include "foundation/wire/multibase.hpp"

#include "runtime/http/client.hpp"
#include "runtime/os/files.hpp"

#include "apps/mycel/print.hpp"
#include "apps/mycel/settings.hpp"

namespace mycel::app {
namespace {

namespace json = boost::json;

// Each part becomes a record that the node keeps and puts again for as long as it runs.
constexpr std::uint64_t parts_put_max = 4096;
// Longer than the node gives a lookup, so that its words arrive and not ours.
constexpr Duration mesh_patience = 90s;

/// What went wrong, for people and for scripts.
struct Problem {
  std::string reason;
  std::string text;
  int code = refused;
};

int end(const Arguments& arguments, const Result<json::object, Problem>& outcome) {
  if (outcome) {
    if (arguments.is_json)
      std::printf("%s\n", json::serialize(*outcome).c_str());
    else
      print_answer(arguments.command, *outcome);
    return done;
  }
  const auto& [reason, text, code] = outcome.error();
  if (arguments.is_json)
    std::printf("%s\n", json::serialize(json::object{{"error", text}, {"reason", reason}}).c_str());
  else
    std::fprintf(stderr, "mycel %s: %s\n", arguments.command.c_str(), text.c_str());
  return code;
}

/// A file that is read part by part: it may be larger than memory.
class PartedFile {
 public:
  /// Reads all of it once.
  static Result<PartedFile, Problem> open(const std::string& path) {
    PartedFile file;
    file.in_.open(path, std::ios::binary);
    if (!file.in_)
      return Err{
          Problem{"cannot_read", "cannot read " + path + ": no such file, or no permission"}};
    std::uint64_t size = 0;
    for (Bytes chunk = file.read(); !chunk.empty(); chunk = file.read()) {
      size += chunk.size();
      if (size > wire::content_size_max_bytes)
        return Err{Problem{"too_large", path + " is larger than content may be (1 TiB)"}};
      file.tree_.add(chunk);
    }
    file.manifest_ = file.tree_.finish();
    return file;
  }

  const wire::Manifest& manifest() const { return manifest_; }
  wire::Cid cid() const { return cid_of(manifest_); }
  /// With its proof, which fails when the file has changed since it was opened.
  Result<wire::Part, Problem> part(std::uint64_t index) {
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(index * manifest_.chunk_size));
    wire::Part part = tree_.part(index, read());
    if (!wire::prove_part(cid(), part))
      return Err{Problem{"changed", "the file changed while it was read; try again"}};
    return part;
  }
  json::object facts() const {
    return {{"cid", to_text(cid())},
            {"size", manifest_.size},
            {"parts", manifest_.parts()},
            {"part_size", manifest_.chunk_size},
            {"root", to_hex(manifest_.root.view())}};
  }

 private:
  Bytes read() {
    std::vector<std::byte> chunk(wire::chunk_size_usual_bytes);
    in_.read(reinterpret_cast<char*>(chunk.data()), static_cast<std::streamsize>(chunk.size()));
    chunk.resize(static_cast<std::size_t>(std::max<std::streamsize>(in_.gcount(), 0)));
    return Bytes(std::move(chunk));
  }

  std::ifstream in_;
  wire::ContentTree tree_;
  wire::Manifest manifest_;
};

bool write(std::ofstream& out, ByteView bytes) {
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  return static_cast<bool>(out);
}
std::optional<Problem> save(const std::string& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (write(out, bytes) && out.flush()) return std::nullopt;
  return Problem{"output", "cannot write " + path};
}

std::string in_words(wire::PartRefusal refusal) {
  switch (refusal) {
    case wire::PartRefusal::wrong_content:
      return "it is a part of other content";
    case wire::PartRefusal::wrong_place:
      return "it is another part of this content";
    case wire::PartRefusal::bad_proof:
      return "its bytes and its proof do not lead to the content's name";
    case wire::PartRefusal::too_large:
      return "it is over a limit of size";
    case wire::PartRefusal::malformed:
      return "it is no part of content";
  }
  return "it is no part of content";
}

Result<wire::Cid, Problem> cid_in(const std::string& text) {
  const auto cid = wire::parse_cid(text);
  if (cid) return *cid;
  return Err{Problem{"bad_cid", "\"" + text + "\" is no content id; write a CID such as bafkrei...",
                     wrong_usage}};
}

/// The running node, asked one thing after another.
class NodeToAsk {
 public:
  static Result<NodeToAsk, Problem> of(const Arguments& arguments) {
    auto socket = control_socket(arguments);
    if (!socket)
      return Err{Problem{"no_folder", "it is not clear which node is meant", wrong_usage}};
    return NodeToAsk(*std::move(socket), arguments.timeout_s > 0
                                             ? Duration(std::chrono::seconds(arguments.timeout_s))
                                             : mesh_patience);
  }

  /// How many other nodes took it.
  Result<std::uint64_t, Problem> put(const Bytes& key, ByteView value) const {
    const auto answered =
        ask({.method = "POST",
             .path = "/v1/records",
             .query = {},
             .body = json::serialize(json::object{{"key", std::string(as_text(key))},
                                                  {"value", wire::to_base64url(value)}})});
    if (!answered) return Err{answered.error()};
    const auto* stored = answered->if_contains("stored");
    if (stored == nullptr || !stored->is_int64())
      return Err{Problem{"protocol", "the node answered something else than was asked"}};
    return static_cast<std::uint64_t>(stored->get_int64());
  }
  Result<Bytes, Problem> get(const Bytes& key) const {
    const auto answered = ask({.method = "GET",
                               .path = "/v1/records",
                               .query = "key=" + std::string(as_text(key)),
                               .body = {}});
    if (!answered) return Err{answered.error()};
    const auto* value = answered->if_contains("base64url");
    auto bytes = wire::parse_base64url(
        value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "");
    if (!bytes) return Err{Problem{"protocol", "the node answered something else than was asked"}};
    return *std::move(bytes);
  }

 private:
  NodeToAsk(std::string socket, Duration patience)
      : socket_(std::move(socket)), patience_(patience) {}

  Result<json::object, Problem> ask(const http::Request& request) const {
    const auto answer = http::ask(socket_, request, patience_);
    if (!answer) {
      const bool is_absent = answer.error().is_absent;
      return Err{Problem{is_absent ? "no_node" : "no_answer", answer.error().text,
                         is_absent ? no_node : refused}};
    }
    boost::system::error_code malformed;
    const json::value body = json::parse(answer->body, malformed);
    if (malformed || !body.is_object())
      return Err{Problem{"protocol", "the node answered something that is no JSON object"}};
    if (answer->status < 400) return body.get_object();
    const auto word = [&](std::string_view name) {
      const auto* text = body.get_object().if_contains(name);
      return text != nullptr && text->is_string() ? std::string(text->get_string()) : "refused";
    };
    return Err{Problem{word("reason"), word("error")}};
  }

  std::string socket_;
  Duration patience_;
};

Result<json::object, Problem> prove(const Arguments& arguments) {
  auto file = PartedFile::open(arguments.file);
  if (!file) return Err{file.error()};
  const std::uint64_t size = file->manifest().size;
  if (arguments.at >= std::max<std::uint64_t>(size, 1))
    return Err{Problem{"no_such_byte", arguments.file + " has " + std::to_string(size) +
                                           " bytes, counted from 0; there is no byte " +
                                           std::to_string(arguments.at)}};
  const auto part = file->part(arguments.at / file->manifest().chunk_size);
  if (!part) return Err{part.error()};
  const Bytes bytes = encode(*part);
  if (const auto problem = save(arguments.out, bytes)) return Err{*problem};
  return json::object{{"cid", to_text(file->cid())},
                      {"part", part->index},
                      {"of", file->manifest().parts()},
                      {"bytes", part->chunk.size()},
                      {"proof_bytes", bytes.size() - part->chunk.size()},
                      {"saved", arguments.out}};
}

Result<json::object, Problem> verify(const Arguments& arguments) {
  const auto cid = cid_in(arguments.first);
  if (!cid) return Err{cid.error()};
  const auto bytes = os::read_file(arguments.file, wire::part_size_max_bytes);
  if (!bytes) return Err{Problem{"cannot_read", bytes.error().text}};
  const auto refused_as = [&](wire::PartRefusal why) {
    return Err{Problem{std::string(to_text(why)), arguments.file + ": " + in_words(why)}};
  };
  auto part = wire::decode_part(*bytes);
  if (!part) return refused_as(part.error());
  const auto proven = wire::prove_part(*cid, *std::move(part));
  if (!proven) return refused_as(proven.error());
  if (!arguments.out.empty())
    if (const auto problem = save(arguments.out, proven->chunk())) return Err{*problem};
  return json::object{{"cid", arguments.first},
                      {"part", proven->index()},
                      {"of", proven->manifest().parts()},
                      {"offset", proven->offset()},
                      {"bytes", proven->chunk().size()},
                      {"size", proven->manifest().size},
                      {"verified", true}};
}

Result<json::object, Problem> put(const Arguments& arguments) {
  const auto node = NodeToAsk::of(arguments);
  if (!node) return Err{node.error()};
  auto file = PartedFile::open(arguments.file);
  if (!file) return Err{file.error()};
  const std::uint64_t parts = file->manifest().parts();
  if (parts > parts_put_max)
    return Err{Problem{"too_large", arguments.file + " has " + std::to_string(parts) +
                                        " parts; a node puts at most " +
                                        std::to_string(parts_put_max) + " (128 MiB)"}};
  std::uint64_t stored_min = UINT64_MAX;
  for (std::uint64_t index = 0; index < parts; ++index) {
    const auto part = file->part(index);
    if (!part) return Err{part.error()};
    const auto stored = node->put(wire::part_key(file->cid(), index), encode(*part));
    if (!stored) return Err{stored.error()};
    stored_min = std::min(stored_min, *stored);
  }
  json::object facts = file->facts();
  facts["stored"] = stored_min;  // by this many other nodes, each part
  return facts;
}

/// Writes part after part; each is proved before a byte of it is written.
Result<wire::Manifest, Problem> fetch(const NodeToAsk& node, const wire::Cid& cid,
                                      std::ofstream& out) {
  wire::Manifest manifest;
  for (std::uint64_t index = 0; index == 0 || index < manifest.parts(); ++index) {
    const auto bytes = node.get(wire::part_key(cid, index));
    if (!bytes) return Err{bytes.error()};
    const auto part = wire::prove_part(cid, index, *bytes);
    if (!part)
      return Err{Problem{std::string(to_text(part.error())),
                         "part " + std::to_string(index) + ": " + in_words(part.error())}};
    manifest = part->manifest();
    if (!write(out, part->chunk())) return Err{Problem{"output", "the disk takes no more"}};
  }
  if (!out.flush()) return Err{Problem{"output", "the disk takes no more"}};
  return manifest;
}

Result<json::object, Problem> get(const Arguments& arguments) {
  const auto cid = cid_in(arguments.first);
  if (!cid) return Err{cid.error()};
  const auto node = NodeToAsk::of(arguments);
  if (!node) return Err{node.error()};
  // Half a file never stands under the name that was asked for.
  const std::string unfinished = arguments.out + ".unfinished";
  std::ofstream out(unfinished, std::ios::binary | std::ios::trunc);
  if (!out) return Err{Problem{"output", "cannot write " + unfinished}};
  const auto manifest = fetch(*node, *cid, out);
  out.close();
  std::error_code problem;
  if (manifest) std::filesystem::rename(unfinished, arguments.out, problem);
  if (!manifest || problem) {
    std::error_code ignored;
    std::filesystem::remove(unfinished, ignored);
    return manifest ? Err{Problem{"output", "cannot write " + arguments.out}}
                    : Err{manifest.error()};
  }
  return json::object{{"cid", arguments.first},
                      {"size", manifest->size},
                      {"parts", manifest->parts()},
                      {"verified", true},
                      {"saved", arguments.out}};
}

Result<json::object, Problem> name(const Arguments& arguments) {
  const auto file = PartedFile::open(arguments.file);
  if (!file) return Err{file.error()};
  return file->facts();
}

}  // namespace

int name_content(const Arguments& arguments) {
  return end(arguments, name(arguments));
}
int prove_part_of_content(const Arguments& arguments) {
  return end(arguments, prove(arguments));
}
int verify_part_of_content(const Arguments& arguments) {
  return end(arguments, verify(arguments));
}
int put_content(const Arguments& arguments) {
  return end(arguments, put(arguments));
}
int get_content(const Arguments& arguments) {
  return end(arguments, get(arguments));
}

}  // namespace mycel::app
