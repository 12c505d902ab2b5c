// SPDX-License-Identifier: Apache-2.0
// Exceptions, as parts of messages and as answers.
//
// On the wire: exception, exception_part bits, then what makes the object
// (symbol, args, state; or a reduced value when the class has its own
// __reduce__), then traceback text, cause and context as told by the bits. No
// __init__ of a class written in Python runs: the arguments that a class takes
// and the `args` that it keeps need not agree.
//
// The record for an answer is three texts (type, str(), traceback) and then
// the exception, or None where it can't be sent.
#include <new>

#include "pybridge/data/convert.hpp"
#include "pybridge/data/encoder.hpp"

namespace troupe {

using wire::tag;
using enum wire::exception_part;

namespace {

constexpr unsigned bit(bool set, wire::exception_part part) {
  return set ? part : 0U;
}

/// Longer texts are cut: they are for people.
constexpr Py_ssize_t longest_text = 256 * 1024;

/// Never null unless memory is out; leaves no exception set.
py_ref or_text(py_ref text, const char* otherwise) {
  if (text && PyUnicode_GET_LENGTH(text.get()) > longest_text) {
    text = py_ref::steal(PyUnicode_Substring(text.get(), 0, longest_text));
  }
  PyErr_Clear();
  return text ? std::move(text)
              : py_ref::steal(PyUnicode_FromString(otherwise));
}

/// Without the traceback module, if that can't be imported.
py_ref plain_traceback(PyObject* exception) {
  const py_ref trace = py_ref::steal(PyException_GetTraceback(exception));
  const py_ref io = py_ref::steal(PyImport_ImportModule("_io"));
  const py_ref file = py_ref::steal(
      trace && io ? PyObject_CallMethod(io.get(), "StringIO", nullptr)
                  : nullptr);
  if (!file || PyTraceBack_Print(trace.get(), file.get()) < 0) {
    return {};
  }
  return py_ref::steal(PyObject_CallMethod(file.get(), "getvalue", nullptr));
}

py_ref traceback_text(type_cache& types, PyObject* exception, bool chain) {
  PyObject* format = types.imported("traceback", "format_exception");
  const py_ref arguments = py_ref::steal(PyTuple_Pack(1, exception));
  const py_ref named =
      py_ref::steal(Py_BuildValue("{sO}", "chain", chain ? Py_True : Py_False));
  const py_ref lines =
      py_ref::steal(format != nullptr && arguments && named
                        ? PyObject_Call(format, arguments.get(), named.get())
                        : nullptr);
  const py_ref nothing = py_ref::steal(PyUnicode_FromString(""));
  py_ref text = py_ref::steal(
      lines && nothing ? PyUnicode_Join(nothing.get(), lines.get()) : nullptr);
  if (!text) {
    PyErr_Clear();
    text = plain_traceback(exception);
  }
  return or_text(std::move(text), "");
}

}  // namespace

bool encoder::exception(PyObject* object, const class_plan& plan) {
  const auto trace = py_ref::steal(PyException_GetTraceback(object));
  const auto cause = py_ref::steal(PyException_GetCause(object));
  const auto context = py_ref::steal(PyException_GetContext(object));
  const auto suppress = py_ref::steal(
      PyObject_GetAttr(object, types_.name(known_name::suppress_context)));
  if (!suppress) {
    return false;
  }
  const unsigned bits = bit(plan.own_reduction, own_reduction) |
                        bit(trace && tracebacks_, traceback_part) |
                        bit(static_cast<bool>(cause), cause_part) |
                        bit(static_cast<bool>(context), context_part) |
                        bit(suppress.get() == Py_True, suppress_context);
  put(tag::exception, static_cast<std::uint8_t>(bits));
  if (!(plan.own_reduction ? reduced(object) : exception_core(object, plan))) {
    return false;
  }
  if ((bits & traceback_part) != 0) {
    const py_ref text = traceback_text(types_, object, /*chain=*/false);
    if (!text || !value(text.get())) {
      return false;
    }
  }
  step here{*this, object, step_kind::part};
  here.part = "__cause__";
  if (!enter(here) || (cause && !value_or_none(cause.get()))) {
    return false;
  }
  here.part = "__context__";
  return !context || value_or_none(context.get());
}

bool encoder::exception_core(PyObject* object, const class_plan& plan) {
  const auto parts = py_ref::steal(
      PyObject_CallMethodNoArgs(object, types_.name(known_name::reduce)));
  if (!parts) {
    return fail_refused(object, "");
  }
  const Py_ssize_t size =
      PyTuple_Check(parts.get()) ? PyTuple_GET_SIZE(parts.get()) : 0;
  if (size < 2 || !PyTuple_CheckExact(PyTuple_GET_ITEM(parts.get(), 1))) {
    return fail_refused(object, "its __reduce__ returned no arguments");
  }
  step here{*this, object, step_kind::part};
  here.part = "args";
  put_raw(plan.name);
  if (!enter(here) || !value(PyTuple_GET_ITEM(parts.get(), 1))) {
    return false;
  }
  PyObject* state = size < 3 ? Py_None : PyTuple_GET_ITEM(parts.get(), 2);
  return state_part_of(state, here);
}

bool encoder::value_or_none(PyObject* object) {
  const std::size_t before = out_.size();
  try {
    if (value(object)) {
      return true;
    }
  } catch (const message_too_big&) {
    PyErr_SetString(PyExc_ValueError, "too big");
  }
  if (PyErr_ExceptionMatches(PyExc_Exception) == 0 ||
      PyErr_ExceptionMatches(PyExc_MemoryError) != 0) {
    return false;
  }
  PyErr_Clear();
  out_.truncate(before);
  forget_from(before);
  put(tag::none);
  return true;
}

bool encoder::exception_record(PyObject* object) {
  const py_ref type =
      or_text(py_ref::steal(PyType_GetFullyQualifiedName(Py_TYPE(object))),
              Py_TYPE(object)->tp_name);
  const py_ref words =
      or_text(py_ref::steal(PyObject_Str(object)), "<str() failed>");
  const py_ref trace = traceback_text(types_, object, /*chain=*/true);
  if (!type || !words || !trace) {
    return false;
  }
  tracebacks_ = false;  // the record has the text of the whole chain
  return value(type.get()) && value(words.get()) && value(trace.get()) &&
         value_or_none(object);
}

void encode_exception(type_cache& types, PyObject* exception, payload& out) {
  const py_ref outer = py_ref::steal(PyErr_GetRaisedException());
  out.clear();
  bool done = false;
  try {
    done = encoder{types, out, "exception"}.exception_record(exception);
  } catch (const std::bad_alloc&) {
  } catch (const message_too_big&) {
  }
  if (!done) {
    out.clear();
  }
  PyErr_Clear();
}

}  // namespace troupe
