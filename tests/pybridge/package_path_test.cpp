// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/package_path.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

namespace troupe {
namespace {

namespace fs = std::filesystem;

// A folder for one test, and no environment variables that point elsewhere.
class in_folder {
public:
  in_folder() {
    const char* base = std::getenv("TEST_TMPDIR");
    here_ = fs::path{base ? base : "/tmp"} / "package_path_test";
    fs::remove_all(here_);
    unsetenv("RUNFILES_DIR");
    unsetenv("TEST_SRCDIR");
  }
  ~in_folder() {
    unsetenv("RUNFILES_DIR");
    fs::remove_all(here_);
  }

  std::string operator/(const char* name) const {
    return (here_ / name).string();
  }
  /// Puts a package there; answers the folder that holds it.
  std::string package(const char* folder) const {
    fs::create_directories(here_ / folder / "troupe");
    std::ofstream{here_ / folder / "troupe" / "__init__.py"};
    return *this / folder;
  }

private:
  fs::path here_;
};

TEST_SUITE("package_path") {

TEST_CASE("the runfiles of the program that started it come first") {
  const in_folder folder;
  const auto others = folder.package("test.runfiles/troupe/pybridge/python");
  folder.package("bin/troupe.runfiles/troupe/pybridge/python");
  setenv("RUNFILES_DIR", (folder / "test.runfiles").c_str(), 1);
  CHECK(find_package(folder / "bin/troupe") == others);
}

TEST_CASE("the executable's own runfiles come next") {
  const in_folder folder;
  const auto own = folder.package("bin/troupe.runfiles/troupe/pybridge/python");
  folder.package("bin/python");
  setenv("RUNFILES_DIR", (folder / "unlike.runfiles").c_str(), 1);
  CHECK(find_package(folder / "bin/troupe") == own);
}

TEST_CASE("last comes the folder beside the executable") {
  const in_folder folder;
  const auto beside = folder.package("bin/python");
  setenv("RUNFILES_DIR", (folder / "unlike.runfiles").c_str(), 1);
  CHECK(find_package(folder / "bin/troupe") == beside);
}

TEST_CASE("there may be none") {
  const in_folder folder;
  CHECK(!find_package(folder / "bin/troupe"));
}

}  // TEST_SUITE("package_path")

}  // namespace
}  // namespace troupe
