// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/ask_all.hpp"

#include "pybridge/py_ref.hpp"

namespace troupe {

PyObject* ask_all(PyObject* whom, PyObject* args, PyObject* kwargs) {
  if (PyTuple_GET_SIZE(args) != 0) {
    PyErr_SetString(PyExc_TypeError,
                    "ask_all() takes keywords only; then comes what to ask: "
                    "ask_all().NAME(...), or ask_all()(message)");
    return nullptr;
  }
  const auto module = py_ref::steal(PyImport_ImportModule("troupe._ask_all"));
  const auto type = py_ref::steal(
      module ? PyObject_GetAttrString(module.get(), "AskAll") : nullptr);
  const auto first = py_ref::steal(PyTuple_Pack(1, whom));
  return type && first ? PyObject_Call(type.get(), first.get(), kwargs)
                       : nullptr;
}

const char* const ask_all_doc =
    R"doc(ask_all($self, *, timeout=None, return_exceptions=False)
--

To ask each of them: ask_all().NAME(...), or ask_all()(message).

That waits for all answers, and returns them as a dict, by Ref. The first that fails
is raised, and the requests to the others are cancelled; with return_exceptions
exceptions are answers like others, so that nothing is lost of the rest.

timeout: how many seconds all of them have, which is also when a member that hasn't
    answered fails with AskTimeout. None: as long as each ask has.

In an `async def` handler use asyncio.gather() over the Refs instead. Any thread.

>>> group.ask_all(timeout=5).total()
{<troupe.Ref 'a'>: 3, <troupe.Ref 'b'>: 4}
)doc";

}  // namespace troupe
