// SPDX-License-Identifier: Apache-2.0
// A request to several actors: the first answer is the answer, and the others
// are let go of. If none of them can answer, the last failure is.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "actors/asking/completion.hpp"

namespace troupe {

class first_answer final : public ref_counted {
public:
  /// `asked` gets what comes of `requests` completions.
  first_answer(ref_ptr<completion> asked, std::size_t requests)
      : asked_{std::move(asked)}, left_{requests} {}

  /// One of them: where one actor answers.
  ref_ptr<completion> request() {
    auto one = make_ref_counted<completion>();
    one->on_done([self = ref_ptr<first_answer>{this}, c = one.get()] {
      self->done(*c);
    });
    return one;
  }

private:
  void done(const completion& one) {
    // The last of all sees what the others did; acq_rel pairs with itself.
    const bool last = left_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    if (one.has_value()) {
      asked_->set_value(one.value().clone());
    } else if (last) {
      asked_->set_fault({one.why().what, one.why().raised.clone()});
    }
  }

  const ref_ptr<completion> asked_;
  std::atomic<std::size_t> left_;
};

}  // namespace troupe
