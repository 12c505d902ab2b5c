// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/package_path.hpp"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace troupe {
namespace {

namespace fs = std::filesystem;

constexpr const char* in_runfiles = "troupe/pybridge/python";

std::vector<fs::path> candidates(const fs::path& executable) {
  // Bazel brings the runfiles of what it runs up to date, and not those of the
  // programs that this one runs.
  std::vector<fs::path> all;
  for (const char* variable : {"RUNFILES_DIR", "TEST_SRCDIR"})
    if (const char* folder = std::getenv(variable))
      all.push_back(fs::path{folder} / in_runfiles);
  all.push_back(executable.string() + ".runfiles/" + in_runfiles);
  all.push_back(executable.parent_path() / "python");
  return all;
}

}  // namespace

std::optional<std::string> find_package(const std::string& executable) {
  std::error_code ignored;
  for (const auto& folder : candidates(executable))
    if (fs::exists(folder / "troupe" / "__init__.py", ignored))
      return folder.string();
  return std::nullopt;
}

}  // namespace troupe
