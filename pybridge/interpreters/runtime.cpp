// SPDX-License-Identifier: Apache-2.0
#include "pybridge/interpreters/runtime.hpp"

#include <signal.h>

#include <utility>

#include "base/assert.hpp"
#include "pybridge/interpreters/bootstrap.hpp"
#include "pybridge/interpreters/gilstate.hpp"
#include "pybridge/interpreters/interpreter_lock.hpp"
#include "pybridge/interpreters/left_behind.hpp"
#include "pybridge/interpreters/python_config.hpp"

namespace troupe {
namespace {

constexpr auto interrupt_patience = std::chrono::milliseconds{100};

// Gets a thread out of a system call that waits, and does nothing else. Ignored
// by default and hardly ever used (Go has it for the same purpose).
constexpr int wake_signal = SIGURG;

void install_wake_signal() {
  struct sigaction present {};
  sigaction(wake_signal, nullptr, &present);
  if (present.sa_handler == SIG_DFL) {
    struct sigaction wake {};
    wake.sa_handler = [](int) {};  // without SA_RESTART: the call ends
    sigaction(wake_signal, &wake, nullptr);
  }
}

PyInterpreterConfig own_gil_config() {
  PyInterpreterConfig config{};
  config.use_main_obmalloc = 0;
  config.allow_fork = 0;
  config.allow_exec = 0;
  config.allow_threads = 1;
  // Libraries start them (progress bars, pools). Ending an interpreter under
  // one is unsafe, so interpreter::end() leaves such an interpreter alone.
  config.allow_daemon_threads = 1;
  config.check_multi_interp_extensions = 1;
  config.gil = PyInterpreterConfig_OWN_GIL;
  return config;
}

bool shows_warnings_at(const std::string& log_level) {
  return log_level != "ERROR" && log_level != "CRITICAL";
}

bool others_live() {
  PyInterpreterState* const head = PyInterpreterState_Head();
  return PyInterpreterState_Next(head) != nullptr;
}

}  // namespace

runtime::runtime(bool embedded, std::string bootstrap)
    : embedded_{embedded},
      bootstrap_{std::move(bootstrap)},
      main_{make_ref_counted<interpreter>(PyInterpreterState_Main())},
      interrupters_{2, interrupt_patience},
      lookers_{4, interrupt_patience} {}

result<std::unique_ptr<runtime>> runtime::start(bool embedded,
                                                const std::string& log_level) {
  detail::find_gilstate_key();
  detail::hide_in_forked_children();
  auto bootstrap = detail::compile_bootstrap();
  if (!bootstrap) {
    return bootstrap.error();
  }
  if (auto loaded = detail::load_bootstrap(*bootstrap); !loaded) {
    return loaded.error();
  }
  if (auto started = detail::start_main(embedded, log_level); !started) {
    return started.error();
  }
  std::unique_ptr<runtime> made{new runtime{embedded, std::move(*bootstrap)}};
  if (auto noted = made->note_settings(); !noted) {
    return noted.error();
  }
  return made;
}

result<std::unique_ptr<runtime>> runtime::embed(embed_options options) {
  for (const builtin_module& module : options.builtins) {
    TROUPE_CHECK(PyImport_AppendInittab(module.name, module.init) == 0);
  }
  if (auto initialized = detail::initialize_python(options.argv);
      !initialized) {
    return initialized.error();
  }
  install_wake_signal();
  auto made = start(true, options.log_level);
  PyThreadState* const state = PyThreadState_Get();
  if (made) {
    (*made)->shows_warnings_ = shows_warnings_at(options.log_level);
    (*made)->main_->threads_.adopt(state);
  }
  detail::forget_gilstate(state);
  PyEval_ReleaseThread(state);
  return made;
}

result<std::unique_ptr<runtime>> runtime::adopt(const std::string& log_level) {
  if (!log_level.empty()) {
    install_wake_signal();
  }
  auto made = start(false, log_level);
  if (made) {
    (*made)->shows_warnings_ = shows_warnings_at(log_level);
  }
  return made;
}

runtime::~runtime() {
  interrupters_.shutdown();
  lookers_.shutdown();
  if (!embedded_) {
    return;
  }
  interpreter::attach scope{*main_};
  if (others_live()) {
    detail::finish();
    return;
  }
  Py_FinalizeEx();
  scope.release();
}

result<ref_ptr<interpreter>> runtime::create() {
  const interpreter_lock lock;
  const interpreter::visit scope{*main_};
  if (auto noted = note_settings(); !noted) {
    return noted.error();
  }
  const PyInterpreterConfig config = own_gil_config();
  PyThreadState* made = nullptr;
  const PyStatus status = Py_NewInterpreterFromConfig(&made, &config);
  if (PyStatus_Exception(status)) {
    return make_error(
        errc::out_of_memory,
        std::string{"can't create an interpreter: "} +
            (status.err_msg ? status.err_msg : "no reason given"));
  }
  auto home = make_ref_counted<interpreter>(PyThreadState_GetInterpreter(made));
  auto prepared = set_up(*home);
  if (!prepared) {
    detail::note_ending(home->state_);
    Py_EndInterpreter(made);
  } else {
    PyThreadState_Clear(made);
    PyThreadState_DeleteCurrent();
  }
  PyEval_AcquireThread(scope.state());
  if (!prepared) {
    return prepared.error();
  }
  return home;
}

// Attached to `home`, which is new.
result<void> runtime::set_up(interpreter& home) const {
  const settings now = current_settings();
  home.settings_version_ = now.version;
  detail::note_made(home.state_);
  auto loaded = detail::load_bootstrap(bootstrap_);
  return loaded ? detail::start_actor_interpreter(now.text) : loaded;
}

result<void> runtime::note_settings() {
  TROUPE_ASSERT(main_->is_current());
  auto text = detail::read_settings();
  if (!text) {
    return text.error();
  }
  const std::lock_guard lock{m_};
  if (settings_.text != *text) {
    settings_ = {std::move(*text), settings_.version + 1};
  }
  return {};
}

runtime::settings runtime::current_settings() const {
  const std::lock_guard lock{m_};
  return settings_;
}

result<void> runtime::renew(interpreter& home) {
  const settings now = current_settings();
  if (home.settings_version_ == now.version) {
    return {};
  }
  home.settings_version_ = now.version;
  const interpreter::visit scope{home};
  return detail::renew_settings(now.text);
}

void runtime::interrupt(ref_ptr<interpreter> home, std::uint64_t token,
                        std::string exception, std::function<bool()> still) {
  interrupters_.post(
      [home = std::move(home), token, exception = std::move(exception),
       still = std::move(still)] { home->interrupt(token, exception, still); });
}

void runtime::look(ref_ptr<interpreter> home,
                   std::function<void(interpreter::running_code)> seen) {
  lookers_.post(
      [home = std::move(home), seen = std::move(seen)] { seen(home->look()); });
}

void runtime::before_finalization() {
  if (!embedded_) {
    detail::hide_left_behind();
  }
}

void runtime::interrupt_main() noexcept {
  PyErr_SetInterruptEx(SIGINT);
  pthread_kill(first_thread_, wake_signal);
}

}  // namespace troupe
