// SPDX-License-Identifier: Apache-2.0
#include "pybridge/module/probe_object.hpp"

#include <new>
#include <utility>

#include "actors/probe.hpp"
#include "pybridge/data/convert.hpp"
#include "pybridge/module/letters.hpp"
#include "pybridge/module/method.hpp"
#include "pybridge/module/ref_object.hpp"
#include "pybridge/module/sender_object.hpp"
#include "pybridge/module/system_object.hpp"

namespace troupe {
namespace {

struct probe_object {
  PyObject_HEAD ref_ptr<probe> what;
  actor_ref ref;
};

probe_object* as_probe(PyObject* self) {
  return reinterpret_cast<probe_object*>(self);
}

constexpr const char* asker_name = "troupe._core.asker";

// Who waits for an answer, as Python keeps it.
py_ref make_asker(ref_ptr<completion> asker) {
  if (asker == nullptr) {
    return py_ref::borrow(Py_None);
  }
  completion* const held = asker.get();
  auto capsule = py_ref::steal(
      PyCapsule_New(held, asker_name, [](PyObject* capsule_object) {
        const ref_ptr<completion> last{
            static_cast<completion*>(
                PyCapsule_GetPointer(capsule_object, asker_name)),
            /*add_ref=*/false};
      }));
  if (capsule) {
    held->retain();
  }
  return capsule;
}

completion* asker_of(PyObject* capsule) {
  return static_cast<completion*>(PyCapsule_GetPointer(capsule, asker_name));
}

PyObject* probe_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"system", "name", nullptr};
  module_state& state = state_of(type);
  PyObject* system = nullptr;
  const char* name = "";
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|s:Probe",
                                   const_cast<char**>(names),
                                   state.system_type.get(), &system, &name)) {
    return nullptr;
  }
  auto what = make_ref_counted<probe>();
  const auto spawned =
      engine_of_system(system).actors().spawn(what, {.name = name});
  if (!spawned) {
    return raise_error(spawned.error());
  }
  PyObject* object = type->tp_alloc(type, 0);
  if (object != nullptr) {
    new (&as_probe(object)->what) ref_ptr<probe>{std::move(what)};
    new (&as_probe(object)->ref) actor_ref{*spawned};
  }
  return object;
}

PyObject* probe_ref(PyObject* self, void*) {
  return make_ref(state_of(self), as_probe(self)->ref);
}

// The actor's ref, or None when it is gone.
py_ref ref_of(PyObject* self, actor_id id) {
  const auto found = as_probe(self)->ref.cell().system().find(id);
  return py_ref::steal(found ? make_ref(state_of(self), *found)
                             : Py_NewRef(Py_None));
}

py_ref down_letter(PyObject* self, const end_notice& end) {
  const auto ref = py_ref::steal(make_ref(
      state_of(self), actor_ref{ref_ptr<actor_cell>{
                          static_cast<actor_cell*>(end.who().get())}}));
  return ref ? py_ref::steal(
                   Py_BuildValue("sOss", "down", ref.get(),
                                 std::string{to_string(end.reason())}.c_str(),
                                 end.words().c_str()))
             : py_ref{};
}

py_ref message_letter(PyObject* self, probe::letter& l) {
  const bool is_call = l.kind == envelope_kind::call;
  const auto arguments = read_arguments(state_of(self), is_call, l.content);
  const auto sender = ref_of(self, l.sender);
  const auto asker = make_asker(std::move(l.asker));
  return arguments && sender && asker
             ? py_ref::steal(
                   Py_BuildValue("szOOO", "message",
                                 l.selector == symbol::none
                                     ? nullptr
                                     : std::string{name_of(l.selector)}.c_str(),
                                 arguments.get(), sender.get(), asker.get()))
             : py_ref{};
}

// False: an exception is set.
bool wait_for_letter(PyObject* self, PyObject* seconds) {
  std::optional<std::chrono::nanoseconds> timeout;
  if (!read_timeout(seconds, timeout)) {
    return false;
  }
  const probe_object& p = *as_probe(self);
  const auto something = p.what->when_something();
  return wait_detached(*something, timeout,
                       p.ref.cell().system().get_scheduler()) !=
         wait_result::interrupted;
}

PyObject* probe_take(PyObject* self, PyObject* seconds) {
  if (!wait_for_letter(self, seconds)) {
    return nullptr;
  }
  auto letter = as_probe(self)->what->take();
  if (!letter) {
    Py_RETURN_NONE;
  }
  return (letter->end != nullptr
              ? down_letter(self, static_cast<end_notice&>(*letter->end))
              : message_letter(self, *letter))
      .release();
}

PyObject* probe_waiting(PyObject* self, void*) {
  return PyLong_FromSize_t(as_probe(self)->what->waiting());
}

// False: nobody wants it any more, so it is a dead letter.
PyObject* count_answer(PyObject* self, bool taken) {
  if (!taken) {
    const actor_cell& cell = as_probe(self)->ref.cell();
    const envelope_ptr late = make_envelope();
    cell.system().dead().note(*late, cell.id(), dead_reason::late_reply);
  }
  return PyBool_FromLong(taken);
}

PyObject* probe_answer(PyObject* self, PyObject* args) {
  PyObject* capsule = nullptr;
  PyObject* value = nullptr;
  if (!PyArg_ParseTuple(args, "OO:answer", &capsule, &value)) {
    return nullptr;
  }
  completion* const asker = asker_of(capsule);
  payload content;
  if (asker == nullptr ||
      !encode(state_of(self).types, value, content, "answer")) {
    return nullptr;
  }
  return count_answer(self, asker->set_value(std::move(content)));
}

PyObject* probe_fail(PyObject* self, PyObject* args) {
  PyObject* capsule = nullptr;
  PyObject* exception = nullptr;
  if (!PyArg_ParseTuple(args, "OO!:fail", &capsule, PyExc_BaseException,
                        &exception)) {
    return nullptr;
  }
  completion* const asker = asker_of(capsule);
  if (asker == nullptr) {
    return nullptr;
  }
  fault why{make_error(errc::failed, "the probe answers with an exception"),
            {}};
  encode_exception(state_of(self).types, exception, why.raised);
  return count_answer(self, asker->set_fault(std::move(why)));
}

PyObject* probe_watch(PyObject* self, PyObject* other) {
  const actor_ref* const watched = actor_of(state_of(self), other);
  if (watched == nullptr) {
    PyErr_Format(PyExc_TypeError, "a probe watches a Ref, not %s",
                 Py_TYPE(other)->tp_name);
    return nullptr;
  }
  as_probe(self)->what->watch(as_probe(self)->ref.cell(), *watched);
  Py_RETURN_NONE;
}

void probe_dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  as_probe(object)->what.~intrusive_ptr();
  as_probe(object)->ref.~actor_ref();
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef probe_methods[] = {
    {"take", probe_take, METH_O,
     "take($self, timeout, /)\n--\n\nThe next letter: (\"message\", handler or "
     "None, (args, kwargs), sender, asker),\nor (\"down\", ref, reason, "
     "words). "
     "None when none has come in time."},
    {"answer", probe_answer, METH_VARARGS,
     "answer($self, asker, value, /)\n--\n\nAnswers. False: nobody waits any "
     "more."},
    {"fail", probe_fail, METH_VARARGS,
     "fail($self, asker, exception, /)\n--\n\nAnswers with an exception."},
    {"watch", probe_watch, METH_O,
     "watch($self, ref, /)\n--\n\nThe end of this actor becomes a letter."},
    {},
};

PyGetSetDef probe_properties[] = {
    {"ref", probe_ref, nullptr, "The Ref of the probe.", nullptr},
    {"waiting", probe_waiting, nullptr, "How many letters were not taken.",
     nullptr},
    {},
};

PyType_Slot probe_slots[] = {
    {Py_tp_doc, const_cast<char*>("An actor that keeps what it gets.")},
    {Py_tp_new, reinterpret_cast<void*>(probe_new)},
    {Py_tp_methods, probe_methods},
    {Py_tp_getset, probe_properties},
    {Py_tp_dealloc, reinterpret_cast<void*>(probe_dealloc)},
    {},
};

PyType_Spec probe_spec = {
    .name = "troupe._core.Probe",
    .basicsize = sizeof(probe_object),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = probe_slots,
};

}  // namespace

bool add_probe_type(PyObject* module, module_state& state) {
  state.probe_type =
      py_ref::steal(PyType_FromModuleAndSpec(module, &probe_spec, nullptr));
  return state.probe_type &&
         PyModule_AddType(module, state.probe_type.type()) == 0;
}

}  // namespace troupe
