// SPDX-License-Identifier: Apache-2.0
// "did you mean ...?": the known name that a mistyped one is nearest to.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace troupe {

/// Empty when nothing is near. Letters left out, added, changed or swapped
/// count one each; about one in three may be wrong.
std::string_view near_name(std::string_view word,
                           std::span<const std::string_view> known);

/// "; did you mean 'NAME'?", or nothing.
std::string did_you_mean(std::string_view word,
                         std::span<const std::string_view> known);

}  // namespace troupe
