// SPDX-License-Identifier: Apache-2.0
#include "base/symbol.hpp"

#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace troupe {
namespace {

std::vector<symbol> intern_many(const std::string& prefix, int count) {
  std::vector<symbol> all;
  for (int i = 0; i < count; ++i) {
    all.push_back(intern(prefix + std::to_string(i)));
  }
  return all;
}

TEST_SUITE("symbol") {

TEST_CASE("the same name gives the same symbol, another name another") {
  CHECK(intern("add") == intern(std::string{"add"}));
  CHECK(intern("add") != intern("top"));
}

TEST_CASE("a symbol knows its name") {
  CHECK(name_of(intern("words")) == "words");
  CHECK(name_of(intern("")) == "");
  CHECK(name_of(intern(std::string{"a\0b", 3})) == std::string{"a\0b", 3});
}

TEST_CASE("no name is interned as none, and none has no name") {
  CHECK(intern("") != symbol::none);
  CHECK(name_of(symbol::none).empty());
}

TEST_CASE("a symbol that nobody interned has no name") {
  CHECK(name_of(symbol{0xffff'ffff}).empty());
}

TEST_CASE("a name stays where it is while others are added") {
  const std::string_view first = name_of(intern("the first"));
  const char* const where = first.data();
  intern_many("filler ", 5000);
  CHECK(name_of(intern("the first")).data() == where);
}

TEST_CASE("threads that intern the same names get the same symbols" *
          doctest::timeout(30)) {
  constexpr int names = 2000;
  std::vector<std::vector<symbol>> found(4);
  std::vector<std::thread> threads;
  for (auto& mine : found) {
    threads.emplace_back([&mine] {
      mine = intern_many("shared ", names);
      for (int i = 0; i < names; ++i) {
        CHECK(name_of(mine[static_cast<std::size_t>(i)]) ==
              "shared " + std::to_string(i));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  CHECK(found[1] == found[0]);
  CHECK(found[2] == found[0]);
  CHECK(found[3] == found[0]);
}

}  // TEST_SUITE("symbol")

}  // namespace
}  // namespace troupe
