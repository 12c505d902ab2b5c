// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launch_target.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// An empty folder that is the current one as long as this lives.
class in_folder {
public:
  in_folder() : before_{fs::current_path()} {
    const char* base = std::getenv("TEST_TMPDIR");
    here_ = fs::path{base ? base : "/tmp"} / "launch_target_test";
    fs::remove_all(here_);
    fs::create_directories(here_ / "shop");
    fs::current_path(here_);
  }
  ~in_folder() {
    fs::current_path(before_);
    fs::remove_all(here_);
  }
  void file(const char* name) const { std::ofstream{here_ / name}; }

private:
  fs::path before_, here_;
};

std::string fault(const char* target) {
  const auto found = find_target(target);
  REQUIRE(found.has_error());
  return found.error().detail;
}

TEST_SUITE("launch_target") {

TEST_CASE("the ending tells a script and a system file") {
  const in_folder folder;
  folder.file("app.py");
  folder.file("shop/system.toml");
  CHECK(find_target("app.py")->kind == target_kind::script);
  CHECK(find_target("./app.py")->kind == target_kind::script);
  CHECK(find_target("shop/system.toml")->kind == target_kind::system_file);
}

TEST_CASE("what is no file is taken for a module") {
  const in_folder folder;
  CHECK(find_target("shop")->kind == target_kind::module);
  CHECK(find_target("shop.app")->kind == target_kind::module);
}

TEST_CASE("a missing file is named, with the near one") {
  const in_folder folder;
  folder.file("app.py");
  folder.file("shop/system.toml");
  CHECK(fault("ap.py") == "there is no file 'ap.py'; did you mean 'app.py'?");
  CHECK(fault("shop/sytem.toml") ==
        "there is no file 'shop/sytem.toml'; did you mean "
        "'shop/system.toml'?");
  CHECK(fault("./app") ==
        "there is no file './app'; did you mean "
        "'./app.py'?");
  CHECK(fault("sop/system.toml") ==
        "there is no file 'sop/system.toml'; there is no folder 'sop' either");
  CHECK(fault("unlike.py") ==
        "there is no file 'unlike.py'; name a .py file, a module, or a .toml "
        "file that lists actors");
}

TEST_CASE("a folder and a file of another kind are refused") {
  const in_folder folder;
  folder.file("notes");
  CHECK(fault("./shop") ==
        "'./shop' is a folder; name a file in it, such as './shop/app.py'");
  CHECK(fault(".") == "'.' is a folder; name a file in it, such as './app.py'");
  CHECK(fault("notes") ==
        "'notes' ends in neither .py nor .toml; actors import what a program "
        "defines, so name it 'notes.py'");
  CHECK(fault("") == "the target is empty; name one: troupe run app.py");
}

}  // TEST_SUITE("launch_target")

}  // namespace
}  // namespace troupe
