// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launch_target.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "pybridge/launcher/near_name.hpp"

namespace troupe {
namespace {

namespace fs = std::filesystem;

bool can_run(const fs::path& path) {
  return path.extension() == ".py" || path.extension() == ".toml";
}

// Names of what could be run in a folder; none if it can't be read.
std::vector<std::string> runnable_files(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  const auto here = folder.empty() ? fs::path{"."} : folder;
  for (fs::directory_iterator it{here, ignored}, end; it != end;
       it.increment(ignored))
    if (can_run(it->path()))
      names.push_back(it->path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

std::string hint_for_missing(const fs::path& path) {
  const auto names = runnable_files(path.parent_path());
  const auto with_suffix = path.filename().string() + ".py";
  for (const auto& name : names)
    if (name == with_suffix)
      return "; did you mean '" + path.string() + ".py'?";
  const std::vector<std::string_view> known(names.begin(), names.end());
  const auto near = near_name(path.filename().string(), known);
  if (!near.empty())
    return "; did you mean '" + (path.parent_path() / near).string() + "'?";
  std::error_code ignored;
  const auto folder = path.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, ignored))
    return "; there is no folder '" + folder.string() + "' either";
  return "; name a .py file, a module, or a .toml file that lists actors";
}

// `path` is meant to be a file: it looks like one, or is one.
result<launch_target> find_file(const std::string& text) {
  const fs::path path{text};
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return make_error(errc::invalid_argument,
                      "'" + text +
                          "' is a folder; name a file in it, such as '" +
                          (path / "app.py").string() + "'");
  if (!fs::exists(path, ignored))
    return make_error(errc::not_found, "there is no file '" + text + "'" +
                                           hint_for_missing(path));
  if (!can_run(path))
    return make_error(errc::invalid_argument,
                      "'" + text +
                          "' ends in neither .py nor .toml; actors "
                          "import what a program defines, so name it '" +
                          text + ".py'");
  return launch_target{path.extension() == ".py" ? target_kind::script
                                                 : target_kind::system_file,
                       text};
}

}  // namespace

result<launch_target> find_target(const std::string& text) {
  std::error_code ignored;
  if (text.empty())
    return make_error(errc::invalid_argument,
                      "the target is empty; name one: troupe run app.py");
  if (can_run(text) || text.find('/') != std::string::npos || text == "." ||
      text == ".." || fs::is_regular_file(text, ignored))
    return find_file(text);
  return launch_target{target_kind::module, text};
}

}  // namespace troupe
