// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/type_cache.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "base/assert.hpp"

namespace troupe {
namespace {

// One a line, in the order of known_name.
// clang-format off
constexpr const char* name_texts[] = {
    "__dict__",
    "_fields",
    "__getinitargs__",
    "__getnewargs__",
    "__getnewargs_ex__",
    "__getstate__",
    "__module__",
    "__qualname__",
    "__reduce__",
    "__reduce_ex__",
    "__remote_traceback__",
    "__setstate__",
    "__suppress_context__",
    "_member_map_",
    "_name_",
    "_value_",
    "append",
    "denominator",
    "extend",
    "int",
    "is_safe",
    "numerator",
};
// clang-format on
static_assert(std::size(name_texts) ==
              static_cast<std::size_t>(known_name::count_));

/// The attribute of a class or module that a dotted name means.
py_ref walk(py_ref from, std::string_view dotted) {
  while (from && !dotted.empty()) {
    const std::size_t dot = dotted.find('.');
    const std::string_view part = dotted.substr(0, dot);
    const py_ref name = py_ref::steal(PyUnicode_FromStringAndSize(
        part.data(), static_cast<Py_ssize_t>(part.size())));
    from = name ? py_ref::steal(PyObject_GetAttr(from.get(), name.get()))
                : py_ref{};
    dotted = dot == std::string_view::npos ? std::string_view{}
                                           : dotted.substr(dot + 1);
  }
  return from;
}

/// The three classes that CPython keeps under other names.
const char* other_name_of(PyObject* object) {
  return object == reinterpret_cast<PyObject*>(Py_TYPE(Py_None))
             ? "types:NoneType"
         : object == reinterpret_cast<PyObject*>(&PyEllipsis_Type)
             ? "types:EllipsisType"
         : object == reinterpret_cast<PyObject*>(Py_TYPE(Py_NotImplemented))
             ? "types:NotImplementedType"
             : nullptr;
}

/// True if assigning to an attribute of an instance may run code or be
/// refused: the class has a property or the like.
bool has_data_descriptors(PyTypeObject* type) {
  PyObject* classes = type->tp_mro;
  for (Py_ssize_t i = 0; i != PyTuple_GET_SIZE(classes); ++i) {
    auto* base = reinterpret_cast<PyTypeObject*>(PyTuple_GET_ITEM(classes, i));
    if (base == &PyBaseObject_Type) {
      continue;
    }
    const py_ref dict = py_ref::steal(PyType_GetDict(base));
    Py_ssize_t position = 0;
    PyObject* value = nullptr;
    while (dict && PyDict_Next(dict.get(), &position, nullptr, &value)) {
      PyTypeObject* kind = Py_TYPE(value);
      if (kind->tp_descr_set != nullptr && kind != &PyMemberDescr_Type &&
          kind != &PyGetSetDescr_Type) {
        return true;
      }
    }
  }
  return false;
}

std::uint64_t load(const char* from, std::size_t bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, bytes);
  return word;
}

}  // namespace

type_cache::type_cache() {
  for (std::size_t i = 0; i != names_.size(); ++i) {
    names_[i] = py_ref::steal(PyUnicode_InternFromString(name_texts[i]));
    TROUPE_CHECK(names_[i]);  // an interpreter that can't hold a short str
  }
  add_builtin_plans();
}

void type_cache::add_builtin_plans() {
  add_builtin_plan(&PyType_Type, class_kind::by_name);
  add_builtin_plan(&PyFunction_Type, class_kind::by_name);
  add_builtin_plan(&PyMemoryView_Type, class_kind::memory_view);
  add_builtin_plan(&PyPickleBuffer_Type, class_kind::pickle_buffer);
}

type_cache::~type_cache() {
  clear();
}

void type_cache::set_ref_hooks(const ref_hooks& hooks) {
  hooks_ = hooks;
  add_builtin_plan(hooks.ref_type, class_kind::actor_ref);
}

void type_cache::add_shared_type(PyTypeObject* type) {
  shared_types_.push_back(type);
  add_builtin_plan(type, class_kind::actor_ref);
}

void type_cache::set_blob_type(PyTypeObject* type) {
  blob_type_ = type;
  add_builtin_plan(type, class_kind::blob);
}

void type_cache::add_builtin_plan(PyTypeObject* type, class_kind kind) {
  auto plan = std::make_unique<class_plan>();
  plan->kind = kind;
  plan->type = py_ref::borrow(reinterpret_cast<PyObject*>(type));
  add_plan(std::move(plan));
}

const class_plan* type_cache::add_plan(std::unique_ptr<class_plan> plan) {
  PyTypeObject* type = plan->type.type();
  if (class_plan** found = plans_by_type_.find(type)) {
    return *found;  // made by the Python code that making this one has run
  }
  plans_.reserve(plans_.size() + 1);
  plans_by_type_.insert(type, plan.get());
  plans_.push_back(std::move(plan));
  return plans_.back().get();
}

const class_plan* type_cache::make_plan(PyTypeObject* type) {
  auto plan = std::make_unique<class_plan>();
  plan->type = py_ref::borrow(reinterpret_cast<PyObject*>(type));
  if (!plan_class(*this, type, *plan)) {
    return nullptr;
  }
  if (plan->kind == class_kind::refused) {  // its module may not be done yet
    refused_ = std::move(plan);
    return refused_.get();
  }
  return add_plan(std::move(plan));
}

int type_cache::traverse(visitproc visit, void* arg) const {
  for (const auto& plan : plans_) {
    Py_VISIT(plan->type.get());
    Py_VISIT(plan->slots.get());
    Py_VISIT(plan->members.get());
  }
  for (const auto& [name, known] : known_) {
    Py_VISIT(known.object.get());
  }
  for (const auto& [name, object] : imported_) {
    Py_VISIT(object.get());
  }
  return 0;
}

void type_cache::forget_classes() {
  clear();
  add_builtin_plans();
  set_ref_hooks(hooks_);
  set_blob_type(blob_type_);
  for (PyTypeObject* type : shared_types_) {
    add_builtin_plan(type, class_kind::actor_ref);
  }
}

void type_cache::clear() noexcept {
  // Taken out first: dropping a reference may run code that comes back here.
  plans_by_type_.clear();
  refused_.reset();
  const auto plans = std::exchange(plans_, {});
  const auto known = std::exchange(known_, {});
  const auto imported = std::exchange(imported_, {});
  for (cached_text& slot : texts_) {
    slot = {};
  }
}

PyObject* type_cache::short_text(const char* characters, std::size_t length) {
  // Two overlapping words hold all of a text of up to 16 characters.
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (length >= 8) {
    first = load(characters, 8);
    last = load(characters + length - 8, 8);
  } else if (length >= 4) {
    first = load(characters, 4);
    last = load(characters + length - 4, 4);
  } else {
    for (std::size_t i = 0; i != length; ++i) {
      first = first << 8 | static_cast<unsigned char>(characters[i]);
    }
  }
  std::uint64_t hash = (first + length) * 0x9E3779B97F4A7C15u;
  hash = (hash ^ last) * 0xC2B2AE3D27D4EB4Fu;
  cached_text& slot = texts_[(hash >> 32) % text_slots];
  const bool found =
      slot.first == first && slot.last == last && slot.length == length &&
      (length <= 16 || std::memcmp(PyUnicode_1BYTE_DATA(slot.text.get()) + 8,
                                   characters + 8, length - 16) == 0);
  if (!found) {
    slot.length = cached_text::empty;
    slot.text = py_ref::steal(PyUnicode_FromStringAndSize(
        characters, static_cast<Py_ssize_t>(length)));
    if (slot.text) {
      slot = {first, last, length, std::move(slot.text)};
    }
  }
  return Py_XNewRef(slot.text.get());
}

// --- Names ---

const known_object* type_cache::import_known(symbol name) {
  const std::string_view text = name_of(name);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    PyErr_SetString(PyExc_ValueError, "corrupt message: not a class's name");
    return nullptr;
  }
  const std::string module{text.substr(0, colon)};
  known_object known;
  known.object = walk(py_ref::steal(PyImport_ImportModule(module.c_str())),
                      text.substr(colon + 1));
  if (!known.object) {
    return nullptr;
  }
  if (PyType_Check(known.object.get())) {
    known.plain_attributes = !has_data_descriptors(known.object.type());
  }
  return &known_.try_emplace(name, std::move(known)).first->second;
}

symbol type_cache::name_of_global(PyObject* object, std::string& why) {
  if (const char* known = other_name_of(object)) {
    return intern(known);
  }
  const py_ref module =
      py_ref::steal(PyObject_GetAttr(object, this->name(known_name::module)));
  const py_ref name = module ? py_ref::steal(PyObject_GetAttr(
                                   object, this->name(known_name::qualname)))
                             : py_ref{};
  if (!name) {
    return symbol::none;
  }
  if (!PyUnicode_Check(module.get()) || !PyUnicode_Check(name.get())) {
    why = "it has no module and name to import it by";
    return symbol::none;
  }
  return symbol_of(object, module.get(), name.get(), why);
}

symbol type_cache::symbol_of(PyObject* object, PyObject* module, PyObject* name,
                             std::string& why) {
  const char* module_text = PyUnicode_AsUTF8(module);
  const char* name_text =
      module_text == nullptr ? nullptr : PyUnicode_AsUTF8(name);
  if (name_text == nullptr) {
    return symbol::none;
  }
  if (std::strstr(name_text, "<locals>") != nullptr) {
    why = "it is defined in a function, so it can't be imported";
    return symbol::none;
  }
  const py_ref loaded = py_ref::steal(PyImport_GetModule(module));
  const py_ref found = loaded ? walk(loaded, name_text) : py_ref{};
  if (!found && PyErr_Occurred() != nullptr &&
      !PyErr_ExceptionMatches(PyExc_AttributeError)) {
    return symbol::none;
  }
  PyErr_Clear();
  std::string text = std::string{module_text} + ':' + name_text;
  if (found.get() != object) {
    why = "it can't be imported as " + text;
    return symbol::none;
  }
  return intern(text);
}

PyObject* type_cache::imported(const char* module, const char* name) {
  std::string key = std::string{module} + ':' + name;
  if (const auto found = imported_.find(key); found != imported_.end()) {
    return found->second.get();
  }
  py_ref object = walk(py_ref::steal(PyImport_ImportModule(module)), name);
  if (!object) {
    return nullptr;
  }
  return imported_.try_emplace(std::move(key), std::move(object))
      .first->second.get();
}

void* type_cache::datetime_api() {
  if (datetime_api_ == nullptr) {
    datetime_api_ = PyCapsule_Import("datetime.datetime_CAPI", 0);
  }
  return datetime_api_;
}

}  // namespace troupe
