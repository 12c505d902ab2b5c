// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launch_values.hpp"

#include <datetime.h>

#include <algorithm>

namespace troupe {
namespace {

template <typename Values, typename Convert>
py_ref list_of(const Values& values, Convert convert) {
  auto list = py_ref::steal(PyList_New(0));
  for (const auto& value : values) {
    const py_ref item = list ? convert(value) : py_ref{};
    if (!item || PyList_Append(list.get(), item.get()) < 0)
      return {};
  }
  return list;
}

// Sets `key` unless `value` is empty, which means that an exception is set.
bool put(const py_ref& dict, const char* key, const py_ref& value) {
  return dict && value &&
         PyDict_SetItemString(dict.get(), key, value.get()) == 0;
}

py_ref none() {
  return py_ref::borrow(Py_None);
}

py_ref text_or_none(const std::string& text) {
  return text.empty() ? none() : to_python(text);
}

py_ref number(unsigned value) {
  return py_ref::steal(PyLong_FromUnsignedLong(value));
}

// One function for each alternative of toml_value.
struct converter {
  py_ref operator()(bool value) const {
    return py_ref::steal(PyBool_FromLong(value));
  }
  py_ref operator()(std::int64_t value) const {
    return py_ref::steal(PyLong_FromLongLong(value));
  }
  py_ref operator()(double value) const {
    return py_ref::steal(PyFloat_FromDouble(value));
  }
  py_ref operator()(const std::string& value) const {
    return py_ref::steal(PyUnicode_FromStringAndSize(
        value.data(), static_cast<Py_ssize_t>(value.size())));
  }
  py_ref operator()(const toml_date& date) const {
    return py_ref::steal(PyDate_FromDate(date.year, date.month, date.day));
  }
  py_ref operator()(const toml_time& time) const {
    return py_ref::steal(
        PyTime_FromTime(time.hour, time.minute, time.second, time.microsecond));
  }
  py_ref operator()(const toml_date_time& value) const;
  py_ref operator()(const toml_list& values) const {
    return list_of(values, [](const toml_value& v) { return to_python(v); });
  }
  py_ref operator()(const toml_table& table) const;
};

py_ref timezone(std::optional<int> offset_minutes) {
  if (!offset_minutes)
    return none();
  if (*offset_minutes == 0)
    return py_ref::borrow(PyDateTime_TimeZone_UTC);
  const auto offset =
      py_ref::steal(PyDelta_FromDSU(0, *offset_minutes * 60, 0));
  return py_ref::steal(offset ? PyTimeZone_FromOffset(offset.get()) : nullptr);
}

py_ref converter::operator()(const toml_date_time& value) const {
  const auto zone = timezone(value.offset_minutes);
  if (!zone)
    return {};
  return py_ref::steal(PyDateTimeAPI->DateTime_FromDateAndTime(
      value.date.year, value.date.month, value.date.day, value.time.hour,
      value.time.minute, value.time.second, value.time.microsecond, zone.get(),
      PyDateTimeAPI->DateTimeType));
}

py_ref converter::operator()(const toml_table& table) const {
  auto dict = py_ref::steal(PyDict_New());
  for (const auto& [key, value] : table) {
    const py_ref name = (*this)(key);
    const py_ref item = name ? to_python(value) : py_ref{};
    if (!item || PyDict_SetItem(dict.get(), name.get(), item.get()) < 0)
      return {};
  }
  return dict;
}

py_ref names_of(const actor_entry& actor) {
  if (!actor.name.empty())
    return to_python(actor.names());
  const std::vector<int> unnamed(std::max(actor.count, 1U));
  return list_of(unnamed, [](int) { return none(); });
}

py_ref lines_of(const actor_entry& actor) {
  auto dict = py_ref::steal(PyDict_New());
  for (const auto& [key, line] : actor.key_lines)
    if (!put(dict, key.c_str(), number(line)))
      return {};
  return dict;
}

py_ref dict_of(const actor_entry& actor) {
  auto dict = py_ref::steal(PyDict_New());
  const bool whole =
      put(dict, "module", to_python(actor.module)) &&
      put(dict, "class", text_or_none(actor.class_name)) &&
      put(dict, "names", names_of(actor)) &&
      put(dict, "home", to_python(actor.home)) &&
      put(dict, "args", converter{}(actor.args)) &&
      put(dict, "kwargs", converter{}(actor.kwargs)) &&
      put(dict, "options", converter{}(actor.options)) &&
      put(dict, "supervisor", text_or_none(actor.supervisor)) &&
      put(dict, "restarts", converter{}(actor.restarts)) &&
      put(dict, "pool", actor.pool ? converter{}(actor.routing) : none()) &&
      put(dict, "line", number(actor.line)) &&
      put(dict, "lines", lines_of(actor));
  return whole ? dict : py_ref{};
}

py_ref dict_of(const router_entry& router) {
  auto dict = py_ref::steal(PyDict_New());
  const bool whole = put(dict, "name", text_or_none(router.name)) &&
                     put(dict, "routees", to_python(router.routees)) &&
                     put(dict, "options", converter{}(router.options)) &&
                     put(dict, "line", number(router.line));
  return whole ? dict : py_ref{};
}

py_ref dict_of(const supervisor_entry& entry) {
  auto dict = py_ref::steal(PyDict_New());
  const bool whole = put(dict, "name", to_python(entry.name)) &&
                     put(dict, "supervisor", text_or_none(entry.supervisor)) &&
                     put(dict, "strategy", text_or_none(entry.strategy)) &&
                     put(dict, "restarts", converter{}(entry.restarts)) &&
                     put(dict, "line", number(entry.line));
  return whole ? dict : py_ref{};
}

}  // namespace

py_ref to_python(const std::string& text) {
  return py_ref::steal(PyUnicode_DecodeFSDefaultAndSize(
      text.data(), static_cast<Py_ssize_t>(text.size())));
}

py_ref to_python(const std::vector<std::string>& texts) {
  return list_of(texts, [](const std::string& t) { return to_python(t); });
}

py_ref to_python(const toml_value& value) {
  if (PyDateTimeAPI == nullptr)
    PyDateTime_IMPORT;
  return PyDateTimeAPI ? std::visit(converter{}, value.value) : py_ref{};
}

py_ref to_python(const system_file& file) {
  auto dict = py_ref::steal(PyDict_New());
  const auto actors =
      list_of(file.actors, [](const actor_entry& a) { return dict_of(a); });
  const auto supervisors = list_of(
      file.supervisors, [](const supervisor_entry& s) { return dict_of(s); });
  const auto routers =
      list_of(file.routers, [](const router_entry& r) { return dict_of(r); });
  const bool whole =
      put(dict, "path", to_python(file.path)) && put(dict, "actors", actors) &&
      put(dict, "routers", routers) && put(dict, "supervisors", supervisors) &&
      put(dict, "entry", text_or_none(file.entry.actor)) &&
      put(dict, "module", text_or_none(file.entry.module)) &&
      put(dict, "function", text_or_none(file.entry.function)) &&
      put(dict, "line", number(file.entry.line));
  return whole ? dict : py_ref{};
}

}  // namespace troupe
