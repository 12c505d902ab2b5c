// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/parent_names.hpp"

#include "pybridge/module/module_state.hpp"
#include "pybridge/process/parent_process.hpp"

namespace troupe {

ref_ptr<completion> ask_parent(engine& e, name_question what,
                               const std::string& name, actor_cell* who) {
  auto answer = e.parent()->ask(what, name, who);
  return wait_detached(*answer, std::nullopt, e.get_scheduler()) ==
                 wait_result::done
             ? answer
             : nullptr;
}

ref_ptr<actor_cell> actor_of_answer(const completion& answer) {
  if (!answer.has_value() || answer.value().attachments().empty()) {
    return nullptr;
  }
  return ref_ptr<actor_cell>{
      dynamic_cast<actor_cell*>(answer.value().attachments()[0].get())};
}

ref_ptr<completion> when_named_anywhere(engine& e, const std::string& name) {
  const auto here = e.actors().names().when_named(name);
  if (e.parent() == nullptr || here->done()) {
    return here;
  }
  const auto there = e.parent()->ask(name_question::await, name);
  auto first = make_ref_counted<completion>();
  for (const auto& one : {here, there}) {
    one->on_done([first, c = one.get()] {
      c->has_value() ? first->set_value(c->value().clone())
                     : first->set_fault({c->why().what, {}});
    });
  }
  return first;
}

}  // namespace troupe
