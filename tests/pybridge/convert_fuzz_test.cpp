// SPDX-License-Identifier: Apache-2.0
// The decoder against bytes that no encoder has written: whatever comes, it
// answers with an object or an exception, within bounds and with little
// memory. TROUPE_FUZZ_SEED and TROUPE_FUZZ_ROUNDS repeat or lengthen a run.
#include <doctest/doctest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "pybridge/data/convert.hpp"
#include "pybridge/data/wire.hpp"
#include "tests/pybridge/corpus.hpp"
#include "tests/pybridge/python_fixture.hpp"

namespace troupe {
namespace {

using test::side;

long setting(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atol(text);
}

/// `in` with other bytes and the same attachments.
payload with_bytes(const payload& in, const std::vector<std::byte>& bytes) {
  payload out;
  for (const auto& attachment : in.attachments()) {
    out.attach(attachment);
  }
  out.append(bytes.data(), bytes.size());
  return out;
}

class mutator {
public:
  explicit mutator(unsigned seed) : random_{seed} {}

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random_);
  }
  std::byte byte() {
    constexpr unsigned char interesting[] = {0, 1, 0x7F, 0x80, 0xFE, 0xFF};
    return static_cast<std::byte>(below(3) == 0 ? interesting[below(6)]
                                                : below(256));
  }
  std::byte tag() {
    return static_cast<std::byte>(
        below(static_cast<std::size_t>(wire::tag::last) + 1) |
        (below(8) == 0 ? wire::remember : 0));
  }

  void change(std::vector<std::byte>& bytes) {
    if (bytes.empty()) {
      bytes.push_back(tag());
      return;
    }
    const std::size_t at = below(bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0:
        bytes[at] = byte();
        break;
      case 1:
        bytes[at] = tag();
        break;
      case 2:
        bytes.erase(here);
        break;
      case 3:
        bytes.insert(here, byte());
        break;
      case 4:
        bytes.resize(at);
        break;
      default: {  // a stretch of it once more
        const std::size_t size = below(bytes.size() - at) + 1;
        const std::vector<std::byte> part(
            here, here + static_cast<std::ptrdiff_t>(size));
        bytes.insert(bytes.begin() +
                         static_cast<std::ptrdiff_t>(below(bytes.size() + 1)),
                     part.begin(), part.end());
      }
    }
  }

private:
  std::mt19937 random_;
};

struct tally {
  long objects = 0;
  long exceptions = 0;
};

/// Decodes in each way; every answer must be an object or an exception.
void decode_all(type_cache& types, const payload& content, tally& counts) {
  const py_ref object = py_ref::steal(decode(types, content));
  REQUIRE(static_cast<bool>(object) == (PyErr_Occurred() == nullptr));
  counts.objects += object ? 1 : 0;
  counts.exceptions += object ? 0 : 1;
  PyErr_Clear();
  decoded_call call;
  const bool is_call = decode_call(types, content, call);
  REQUIRE(is_call == (PyErr_Occurred() == nullptr));
  PyErr_Clear();
  const py_ref error = py_ref::steal(decode_exception(types, content));
  REQUIRE(static_cast<bool>(error) == (PyErr_Occurred() == nullptr));
  PyErr_Clear();
}

std::vector<payload> corpus_of(side& here) {
  std::vector<payload> corpus;
  const py_ref list = here.eval("corpus");
  for (Py_ssize_t i = 0; i != PyList_GET_SIZE(list.get()); ++i) {
    corpus.push_back(here.encoded(PyList_GET_ITEM(list.get(), i)));
  }
  payload error;
  encode_exception(here.types(), here.eval("error").get(), error);
  corpus.push_back(std::move(error));
  return corpus;
}

TEST_SUITE("convert: corrupt bytes") {

TEST_CASE("mutated messages decode to an object or an exception" *
          doctest::timeout(600)) {
  side here;
  here.exec(test::corpus_definitions);
  const auto corpus = corpus_of(here);
  const auto seed =
      static_cast<unsigned>(setting("TROUPE_FUZZ_SEED", 20260504));
  const long rounds = setting("TROUPE_FUZZ_ROUNDS", 100'000);
  MESSAGE("seed " << seed << ", " << rounds << " rounds");
  mutator mutate{seed};
  tally counts;
  for (long round = 0; round != rounds; ++round) {
    const payload& original = corpus[mutate.below(corpus.size())];
    std::vector<std::byte> bytes(original.data(),
                                 original.data() + original.size());
    for (std::size_t changes = mutate.below(4) + 1; changes != 0; --changes) {
      mutate.change(bytes);
    }
    decode_all(here.types(), with_bytes(original, bytes), counts);
  }
  MESSAGE(counts.objects << " objects, " << counts.exceptions << " exceptions");
  CHECK(counts.objects > rounds / 100);
  CHECK(counts.exceptions > rounds / 100);
}

TEST_CASE("random bytes decode to an object or an exception" *
          doctest::timeout(600)) {
  side here;
  here.exec(test::corpus_definitions);
  corpus_of(here);  // makes the names known
  const long rounds = setting("TROUPE_FUZZ_ROUNDS", 100'000);
  mutator mutate{static_cast<unsigned>(setting("TROUPE_FUZZ_SEED", 7))};
  tally counts;
  for (long round = 0; round != rounds; ++round) {
    std::vector<std::byte> bytes(mutate.below(40));
    for (std::byte& b : bytes) {
      b = mutate.below(2) == 0 ? mutate.tag() : mutate.byte();
    }
    decode_all(here.types(), with_bytes({}, bytes), counts);
  }
  CHECK(counts.exceptions > 0);
}

TEST_CASE("a message that was cut short is corrupt, wherever it was cut") {
  side here;
  here.exec(test::corpus_definitions);
  auto corpus = corpus_of(here);
  corpus.pop_back();  // the answer, which is several values in a row
  for (const payload& original : corpus) {
    for (std::size_t size = 0; size != original.size(); ++size) {
      const std::vector<std::byte> bytes(original.data(),
                                         original.data() + size);
      const payload cut = with_bytes(original, bytes);
      CHECK_FALSE(py_ref::steal(decode(here.types(), cut)));
      PyErr_Clear();
    }
  }
}

TEST_CASE("bytes after the message are an error") {
  side here;
  payload content = here.encoded(Py_None);
  content.append("\1", 1);
  CHECK_FALSE(py_ref::steal(decode(here.types(), content)));
  CHECK(side::take_error() == "ValueError: corrupt message (at byte 1 of 2)");
}

TEST_CASE("forged counts take no memory") {
  side here;
  for (const auto t : {wire::tag::list, wire::tag::tuple, wire::tag::dict,
                       wire::tag::ascii, wire::tag::bytes, wire::tag::ucs4,
                       wire::tag::set, wire::tag::big_int}) {
    for (const char* count : {"\x7F", "\xFF\xFF\xFF\xFF\x7F",
                              "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"}) {
      payload content;
      content.append(&t, 1);
      content.append(count, std::string{count}.size());
      CHECK_FALSE(py_ref::steal(decode(here.types(), content)));
      CHECK(side::take_error().find("ValueError: corrupt message") == 0);
    }
  }
}

TEST_CASE("forged nesting of forged counts takes no memory, nor the stack") {
  side here;
  payload content;
  for (int i = 0; i != 100'000; ++i) {
    content.append("\x0F\xFF\x3F", 3);  // a list of 8,191 values
  }
  CHECK_FALSE(py_ref::steal(decode(here.types(), content)));
  CHECK(side::take_error().find("Error") != std::string::npos);
}

}  // TEST_SUITE("convert: corrupt bytes")

}  // namespace
}  // namespace troupe
