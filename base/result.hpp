// SPDX-License-Identifier: Apache-2.0
// Operations that can fail return result<T>: a value, or an error with words.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <boost/system/result.hpp>

namespace troupe {

enum class errc {
  invalid_argument,  // the caller's input is wrong
  not_found,         // no such name, module, file
  already_exists,    // a name that is taken
  refused,           // the target exists and doesn't accept this
  no_handler,        // the actor has no handler of that name
  stopped,           // the actor or the system is gone
  timed_out,
  cancelled,
  out_of_memory,
  failed,  // user code raised
};

struct error {
  errc code;
  std::string detail;  // for people: what, where, what to do
};

/// What `.value()` of a failed result throws.
class exception : public std::runtime_error {
public:
  explicit exception(error e)
      : std::runtime_error{e.detail}, error_{std::move(e)} {}
  const error& get_error() const noexcept { return error_; }

private:
  error error_;
};

[[noreturn]] inline void throw_exception_from_error(
    const error& e, const boost::source_location&) {
  throw exception{e};
}

template <typename T>
using result = boost::system::result<T, error>;

inline error make_error(errc code, std::string detail) {
  return error{code, std::move(detail)};
}

}  // namespace troupe
