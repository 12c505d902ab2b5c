// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/letters.hpp"

#include "actors/asking/completion.hpp"
#include "pybridge/data/convert.hpp"

namespace troupe {
namespace {

py_ref positional(const decoded_call& call) {
  auto args = py_ref::steal(PyTuple_New(static_cast<Py_ssize_t>(call.nargs())));
  for (std::size_t i = 0; args && i < call.nargs(); ++i) {
    PyTuple_SET_ITEM(args.get(), static_cast<Py_ssize_t>(i),
                     Py_NewRef(call.args()[i]));
  }
  return args;
}

py_ref named(const decoded_call& call) {
  auto kwargs = py_ref::steal(PyDict_New());
  const Py_ssize_t count =
      call.kwnames() == nullptr ? 0 : PyTuple_GET_SIZE(call.kwnames());
  for (Py_ssize_t i = 0; kwargs && i < count; ++i) {
    if (PyDict_SetItem(
            kwargs.get(), PyTuple_GET_ITEM(call.kwnames(), i),
            call.args()[call.nargs() + static_cast<std::size_t>(i)]) < 0) {
      return {};
    }
  }
  return kwargs;
}

// An encoded value has bytes.
bool is_outcome(const payload& content) noexcept {
  return content.empty() && content.attachments().size() == 1;
}

}  // namespace

py_ref read_outcome(module_state& state, const payload& content) {
  const auto& came = static_cast<const completion&>(*content.attachments()[0]);
  if (!came.has_value()) {
    raise_fault(state, came.why());
    return py_ref::steal(PyErr_GetRaisedException());
  }
  return came.value().empty()
             ? py_ref::borrow(Py_None)
             : py_ref::steal(decode(state.types, came.value()));
}

py_ref read_arguments(module_state& state, bool is_call,
                      const payload& content) {
  if (!is_call) {
    const auto value = is_outcome(content)
                           ? read_outcome(state, content)
                           : py_ref::steal(decode(state.types, content));
    return value ? py_ref::steal(Py_BuildValue("((O){})", value.get()))
                 : py_ref{};
  }
  decoded_call call;
  if (!decode_call(state.types, content, call)) {
    return {};
  }
  const auto args = positional(call);
  const auto kwargs = named(call);
  return args && kwargs
             ? py_ref::steal(PyTuple_Pack(2, args.get(), kwargs.get()))
             : py_ref{};
}

}  // namespace troupe
