// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/pipeline_file.hpp"

#include <fstream>
#include <sstream>

#include "pybridge/launcher/toml_source.hpp"

namespace troupe {

bool is_pipeline_file(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  std::ostringstream text;
  text << stream.rdbuf();
  try {
    const auto root = toml_source{}.parse(text.str());
    return root.contains("pipeline") || root.contains("step");
  } catch (const toml_fault&) {
    return false;
  }
}

}  // namespace troupe
