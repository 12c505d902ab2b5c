// SPDX-License-Identifier: Apache-2.0
// Messages of a peer whose symbols have other numbers. TROUPE_FUZZ_SEED and
// TROUPE_FUZZ_ROUNDS repeat or lengthen a run.
#include "pybridge/data/rewrite_symbols.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "pybridge/data/convert.hpp"
#include "pybridge/data/wire.hpp"
#include "tests/pybridge/corpus.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;
using byte_string = std::vector<std::byte>;

byte_string bytes_of(const payload& p) {
  return {p.data(), p.data() + p.size()};
}

payload with_bytes(const payload& attachments, const byte_string& bytes) {
  payload out;
  for (const auto& attachment : attachments.attachments()) {
    out.attach(attachment);
  }
  out.append(bytes.data(), bytes.size());
  return out;
}

/// The numbers of a peer, which is always ahead of us.
constexpr std::uint32_t ahead = 1'000'000;

symbol to_theirs(std::uint32_t ours) {
  return static_cast<symbol>(ours + ahead);
}
symbol to_ours(std::uint32_t theirs) {
  return theirs > ahead ? static_cast<symbol>(theirs - ahead) : symbol::none;
}
symbol if_known(std::uint32_t n) {
  const auto s = static_cast<symbol>(n);
  return name_of(s).empty() ? symbol::none : s;
}

/// What is wrong with the bytes; "" if nothing is.
std::string fault(byte_string bytes, encoded_form form = encoded_form::value,
                  std::size_t attachments = 0) {
  const auto done = rewrite_symbols(bytes, form, attachments, if_known);
  return done ? "" : done.error().detail;
}

byte_string literal(std::initializer_list<int> values) {
  byte_string bytes;
  for (const int v : values) {
    bytes.push_back(static_cast<std::byte>(v));
  }
  return bytes;
}
int number(wire::tag t) {
  return static_cast<int>(t);
}

/// The names that a message's bytes have, in their order.
std::string names_in(const payload& content, encoded_form form) {
  std::string names;
  byte_string bytes = bytes_of(content);
  const auto done = rewrite_symbols(bytes, form, content.attachments().size(),
                                    [&](std::uint32_t n) {
                                      const auto s = static_cast<symbol>(n);
                                      names += std::string{name_of(s)} + " ";
                                      return s;
                                    });
  CHECK(done.has_value());
  CHECK(bytes == bytes_of(content));
  return names;
}

void check_there_and_back(const payload& content, encoded_form form) {
  const std::size_t attached = content.attachments().size();
  byte_string bytes = bytes_of(content);
  CHECK(rewrite_symbols(bytes, form, attached, to_theirs).has_value());
  CHECK((bytes == bytes_of(content)) == names_in(content, form).empty());
  CHECK(rewrite_symbols(bytes, form, attached, to_ours).has_value());
  CHECK(bytes == bytes_of(content));
}

constexpr const char* every_tag = R"py(
import pickle
corpus += [
    True, False, 300, datetime.timezone.utc, bytearray(100_000), memoryview(bytes(100_000)),
    pickle.PickleBuffer(bytearray(b'abc')), collections.defaultdict(list, a=[1]),
    mod.Oops, ['long' * 100] * 2, Ref(9), ('nested', (mod.Point(1, mod.Slots(mod.Pair(1, error))),)),
]
try: corpus.append(frozendict(a=1))
except NameError: pass
def raised():
    try: raise mod.Oops('told') from KeyError(1)
    except mod.Oops as e: return e
corpus.append(raised())
)py";

std::vector<payload> corpus_of(side& here) {
  here.exec(test::corpus_definitions);
  here.exec(every_tag);
  std::vector<payload> corpus;
  const py_ref list = here.eval("corpus");
  for (Py_ssize_t i = 0; i != PyList_GET_SIZE(list.get()); ++i) {
    corpus.push_back(here.encoded(PyList_GET_ITEM(list.get(), i)));
  }
  return corpus;
}

/// f(first, kind=second), each being something of the corpus.
payload call_of(side& here, const std::string& first,
                const std::string& second) {
  const py_ref values = here.eval("(" + first + ", " + second + ")");
  const py_ref names = here.eval("('kind',)");
  PyObject* const all[] = {PyTuple_GET_ITEM(values.get(), 0),
                           PyTuple_GET_ITEM(values.get(), 1)};
  payload content;
  REQUIRE(encode_call(here.types(), all, 1, names.get(), content));
  return content;
}

TEST_SUITE("rewritten symbols") {

TEST_CASE("a message of each kind goes there and back") {
  side here;
  std::set<wire::tag> seen;
  for (const payload& content : corpus_of(here)) {
    seen.insert(static_cast<wire::tag>(
        static_cast<std::uint8_t>(content.data()[0]) & ~wire::remember));
    check_there_and_back(content, encoded_form::value);
  }
  for (int t = 0; t <= number(wire::tag::last); ++t) {
    CAPTURE(t);
    const auto one = static_cast<wire::tag>(t);
    const bool never_first =  // a frozendict is new in CPython 3.15
        one == wire::tag::end || one == wire::tag::back_ref ||
        one == wire::tag::frozen_dict;
    CHECK((seen.contains(one) || never_first));
  }
}

TEST_CASE("what was sent by a peer with other numbers is decoded") {
  side here;
  here.exec(test::corpus_definitions);
  for (const char* expression :
       {"mod.Point(1, [mod.Colour.RED, mod.Colour.RED | mod.Colour.BLUE])",
        "[mod.Pair(1, mod.Slots(2)), decimal.Decimal('1.5'), mod.Point]",
        "[collections.deque([1, 2]), {mod.Pair(1, 2): uuid.UUID(int=9)}]"}) {
    CAPTURE(std::string{expression});
    const py_ref sent = here.eval(expression);
    payload content = here.encoded(sent.get());
    byte_string bytes = bytes_of(content);
    REQUIRE(
        rewrite_symbols(bytes, encoded_form::value, 0, to_theirs).has_value());
    CHECK_FALSE(
        py_ref::steal(decode(here.types(), with_bytes(content, bytes))));
    PyErr_Clear();
    REQUIRE(
        rewrite_symbols(bytes, encoded_form::value, 0, to_ours).has_value());
    const py_ref got = here.decoded(with_bytes(content, bytes));
    CHECK(here.holds("got == sent", sent.get(), got.get()));
  }
}

TEST_CASE("each name is found, and nothing else is taken for one") {
  side here;
  here.exec(test::corpus_definitions);
  const auto names = [&](const char* expression) {
    return names_in(here.encoded(here.eval(expression).get()),
                    encoded_form::value);
  };
  CHECK(names("[1, 'mod:Point', b'x' * 500, 2**200]") == "");
  CHECK(names("[mod.Point(1, 2), mod.Point]") == "mod:Point mod:Point ");
  CHECK(names("[mod.Point(mod.Slots(mod.Pair(1, mod.Colour.RED)), 2)]") ==
        "mod:Point mod:Slots mod:Pair mod:Colour ");
  CHECK(names("mod.Oops(mod.Point)") == "mod:Oops mod:Point ");
  CHECK(names("collections.deque([mod.Point])") ==
        "collections:deque mod:Point ");
  here.exec("p = mod.Point(1, 2)");
  CHECK(names("[p, p, {p.x: p}]") == "mod:Point ");
}

TEST_CASE("calls and exceptions are gone over like messages") {
  side here;
  const auto corpus = corpus_of(here);
  for (std::size_t i = 0; i != corpus.size(); ++i) {
    const std::string one = "corpus[" + std::to_string(i) + "]";
    check_there_and_back(call_of(here, one, "[" + one + ", mod.Point]"),
                         encoded_form::call);
  }
  CHECK(names_in(call_of(here, "mod.Point", "mod.Pair"), encoded_form::call) ==
        "mod:Point mod:Pair ");
  payload error;
  encode_exception(here.types(), here.eval("raised()").get(), error);
  check_there_and_back(error, encoded_form::exception);
  CHECK(names_in(error, encoded_form::exception) ==
        "mod:Oops builtins:KeyError ");
  CHECK(fault({}, encoded_form::exception) == "");  // there was no memory
}

TEST_CASE("what is wrong is told, and where") {
  const auto t = [](wire::tag one) { return number(one); };
  using wire::tag;
  const std::string start = "corrupt message (at byte ";
  const std::string cut = "it is cut short, or a count in it is too large";
  CHECK(fault({}) == start + "0 of 0): " + cut);
  CHECK(fault(literal({t(tag::int64), 1, 2})) == start + "1 of 3): " + cut);
  CHECK(fault(literal({t(tag::tuple), 5, t(tag::none)})) ==
        start + "2 of 3): " + cut);
  CHECK(fault(literal({t(tag::bytes), 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                       0xFF, 0xFF, 0xFF, 0x7F})) != "");
  CHECK(fault(literal({t(tag::list), 1, 0x6F})) ==
        start + "3 of 3): there is no tag 111");
  CHECK(fault(literal({t(tag::end)})) == start + "1 of 1): there is no tag 0");
  CHECK(fault(literal({t(tag::global), 0xFF, 0xFF, 0xFF, 0xFF})) ==
        start + "5 of 5): there is no name 4294967295");
  CHECK(fault(literal({t(tag::actor_ref), 2}), encoded_form::value, 2) ==
        start + "2 of 2): it refers to attachment 2 of 2");
  CHECK(fault(literal({t(tag::actor_ref), 1}), encoded_form::value, 2) == "");
  CHECK(fault(literal({t(tag::blob), 0, 0, 5})) ==
        start + "2 of 4): it refers to attachment 0 of 0");
  CHECK(fault(literal({t(tag::list), 2, t(tag::none), t(tag::back_ref), 2})) ==
        start + "5 of 5): nothing to remember is at byte 2");
  CHECK(fault(literal({t(tag::back_ref), 0})) ==
        start + "2 of 2): nothing to remember is at byte 0");
  CHECK(fault(literal({t(tag::none), t(tag::none)})) ==
        start + "1 of 2): there is something after its end");
  CHECK(fault(literal({t(tag::reduced), 0xFF})) ==
        start + "2 of 2): an object in it has unknown parts");
  CHECK(fault(literal({t(tag::memory_view), t(tag::none)})) ==
        start + "2 of 2): a view of memory has no format");
  CHECK(fault(literal({3, 3, 1}), encoded_form::call) != "");
}

TEST_CASE("a message that was cut short is an error, wherever it was cut") {
  side here;
  for (const payload& original : corpus_of(here)) {
    const byte_string all = bytes_of(original);
    for (std::size_t size = 0; size < std::min(all.size(), std::size_t{2000});
         ++size) {
      const byte_string cut{all.begin(),
                            all.begin() + static_cast<std::ptrdiff_t>(size)};
      CHECK(fault(cut, encoded_form::value, 2) != "");
    }
  }
}

TEST_CASE("forged nesting takes neither the stack nor time") {
  for (const auto& level :
       {literal({number(wire::tag::tuple), 1}),
        literal({number(wire::tag::range)}),
        literal({number(wire::tag::reduced), wire::all_parts}),
        literal({number(wire::tag::exception), wire::own_reduction})}) {
    byte_string nested;
    for (int i = 0; i != 1'000'000; ++i) {
      nested.insert(nested.end(), level.begin(), level.end());
    }
    CHECK(fault(std::move(nested)).find("nested too deeply") !=
          std::string::npos);
  }
}

TEST_CASE("what can be sent at all is not nested too deeply") {
  side here;
  here.exec(test::corpus_definitions);
  for (const char* level :
       {"[deep]", "mod.Custom(deep)", "mod.Point(0, deep)",
        "collections.OrderedDict(a=deep)", "mod.Oops(deep)"}) {
    CAPTURE(std::string{level});
    here.exec("deep = None\nfor _ in range(240): deep = " + std::string{level});
    check_there_and_back(here.encoded(here.eval("deep").get()),
                         encoded_form::value);
  }
}

long setting(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atol(text);
}

// So that the two can't part: what one knows of the wire, the other does.
TEST_CASE("whatever decode() accepts is accepted" * doctest::timeout(600)) {
  side here;
  const auto corpus = corpus_of(here);
  std::mt19937 random{
      static_cast<unsigned>(setting("TROUPE_FUZZ_SEED", 20261123))};
  const long rounds = setting("TROUPE_FUZZ_ROUNDS", 100'000);
  long accepted = 0;
  for (long round = 0; round != rounds; ++round) {
    const payload& original = corpus[random() % corpus.size()];
    byte_string bytes = bytes_of(original);
    if (bytes.size() > 4096) {
      continue;
    }
    for (unsigned n = random() % 4 + 1; n != 0; --n) {
      bytes[random() % bytes.size()] =
          static_cast<std::byte>(random() % 2 == 0 ? random() : random() % 48);
    }
    bytes.resize(random() % 8 == 0 ? random() % bytes.size() : bytes.size());
    const payload content = with_bytes(original, bytes);
    const std::string told =
        fault(bytes, encoded_form::value, content.attachments().size());
    static_cast<void>(fault(bytes, encoded_form::call));
    static_cast<void>(fault(bytes, encoded_form::exception));
    const py_ref object = py_ref::steal(decode(here.types(), content));
    accepted += object ? 1 : 0;
    CAPTURE(round);
    if (object) {
      CHECK(told == "");
    }
    PyErr_Clear();
  }
  CHECK(accepted > rounds / 100);
}

}  // TEST_SUITE("rewritten symbols")

}  // namespace
}  // namespace troupe
