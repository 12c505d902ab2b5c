// SPDX-License-Identifier: Apache-2.0
// Dates and times, through CPython's datetime C-API. The API's usual global
// is not used: each interpreter has an API object of its own.
#include "pybridge/python.hpp"

#include <datetime.h>

#include "pybridge/data/decoder.hpp"
#include "pybridge/data/encoder.hpp"

namespace troupe {

using wire::tag;

namespace {

struct wire_date {
  std::uint16_t year;
  std::uint8_t month;
  std::uint8_t day;
};
struct wire_time {
  std::uint8_t hour;
  std::uint8_t minute;
  std::uint8_t second;
  std::uint8_t fold;
  std::uint32_t microsecond;
};
struct wire_delta {
  std::int32_t days;
  std::int32_t seconds;
  std::int32_t microseconds;
};

const PyDateTime_CAPI* api_of(type_cache& types) {
  return static_cast<const PyDateTime_CAPI*>(types.datetime_api());
}

wire_date date_of(PyObject* object) {
  return {static_cast<std::uint16_t>(PyDateTime_GET_YEAR(object)),
          static_cast<std::uint8_t>(PyDateTime_GET_MONTH(object)),
          static_cast<std::uint8_t>(PyDateTime_GET_DAY(object))};
}

}  // namespace

// --- Encoding ---

bool encoder::date(PyObject* object) {
  put(tag::date, date_of(object));
  return true;
}

bool encoder::time(PyObject* object) {
  put(tag::time,
      wire_time{
          static_cast<std::uint8_t>(PyDateTime_TIME_GET_HOUR(object)),
          static_cast<std::uint8_t>(PyDateTime_TIME_GET_MINUTE(object)),
          static_cast<std::uint8_t>(PyDateTime_TIME_GET_SECOND(object)),
          static_cast<std::uint8_t>(PyDateTime_TIME_GET_FOLD(object)),
          static_cast<std::uint32_t>(PyDateTime_TIME_GET_MICROSECOND(object))});
  return zone(object, PyDateTime_TIME_GET_TZINFO(object));
}

bool encoder::date_time(PyObject* object) {
  put(tag::date_time, date_of(object));
  put_raw(wire_time{
      static_cast<std::uint8_t>(PyDateTime_DATE_GET_HOUR(object)),
      static_cast<std::uint8_t>(PyDateTime_DATE_GET_MINUTE(object)),
      static_cast<std::uint8_t>(PyDateTime_DATE_GET_SECOND(object)),
      static_cast<std::uint8_t>(PyDateTime_DATE_GET_FOLD(object)),
      static_cast<std::uint32_t>(PyDateTime_DATE_GET_MICROSECOND(object))});
  return zone(object, PyDateTime_DATE_GET_TZINFO(object));
}

bool encoder::zone(PyObject* object, PyObject* tzinfo) {
  step here{*this, object, step_kind::part};
  here.part = "tzinfo";
  return enter(here) && value(tzinfo);
}

bool encoder::time_delta(PyObject* object) {
  put(tag::time_delta, wire_delta{PyDateTime_DELTA_GET_DAYS(object),
                                  PyDateTime_DELTA_GET_SECONDS(object),
                                  PyDateTime_DELTA_GET_MICROSECONDS(object)});
  return true;
}

bool encoder::time_zone(PyObject* object) {
  const PyDateTime_CAPI* api = api_of(types_);
  if (api == nullptr) {
    return false;
  }
  if (object == api->TimeZone_UTC) {
    put(tag::utc);
    return true;
  }
  const auto arguments = py_ref::steal(
      PyObject_CallMethodNoArgs(object, types_.name(known_name::getinitargs)));
  put(tag::time_zone);
  return arguments && value(arguments.get());
}

// --- Decoding ---

PyObject* decoder::date() {
  wire_date d{};
  const PyDateTime_CAPI* api = take(d) ? api_of(types_) : nullptr;
  return api == nullptr
             ? nullptr
             : api->Date_FromDate(d.year, d.month, d.day, api->DateType);
}

PyObject* decoder::time() {
  wire_time t{};
  const py_ref tzinfo = take(t) ? py_ref::steal(value()) : py_ref{};
  const PyDateTime_CAPI* api = tzinfo ? api_of(types_) : nullptr;
  if (api == nullptr) {
    return nullptr;
  }
  return api->Time_FromTimeAndFold(t.hour, t.minute, t.second,
                                   static_cast<int>(t.microsecond),
                                   tzinfo.get(), t.fold, api->TimeType);
}

PyObject* decoder::date_time() {
  wire_date d{};
  wire_time t{};
  const py_ref tzinfo = take(d) && take(t) ? py_ref::steal(value()) : py_ref{};
  const PyDateTime_CAPI* api = tzinfo ? api_of(types_) : nullptr;
  if (api == nullptr) {
    return nullptr;
  }
  return api->DateTime_FromDateAndTimeAndFold(
      d.year, d.month, d.day, t.hour, t.minute, t.second,
      static_cast<int>(t.microsecond), tzinfo.get(), t.fold, api->DateTimeType);
}

PyObject* decoder::time_delta() {
  wire_delta d{};
  const PyDateTime_CAPI* api = take(d) ? api_of(types_) : nullptr;
  return api == nullptr
             ? nullptr
             : api->Delta_FromDelta(d.days, d.seconds, d.microseconds,
                                    /*normalize=*/1, api->DeltaType);
}

PyObject* decoder::utc() {
  const PyDateTime_CAPI* api = api_of(types_);
  return api == nullptr ? nullptr : Py_NewRef(api->TimeZone_UTC);
}

PyObject* decoder::time_zone() {
  const py_ref arguments = py_ref::steal(value());
  const PyDateTime_CAPI* api = arguments ? api_of(types_) : nullptr;
  if (api == nullptr) {
    return nullptr;
  }
  PyObject* offset = nullptr;
  PyObject* name = nullptr;
  if (!PyTuple_CheckExact(arguments.get()) ||
      !PyArg_ParseTuple(arguments.get(), "O!|U", api->DeltaType, &offset,
                        &name)) {
    PyErr_Clear();
    return corrupt();
  }
  return api->TimeZone_FromTimeZone(offset, name);
}

}  // namespace troupe
