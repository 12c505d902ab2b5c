// SPDX-License-Identifier: Apache-2.0
// Where messages go that no handler took: each is counted, with its reason, and
// told to whoever listens.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "actors/actor_id.hpp"
#include "base/ref_counted.hpp"
#include "mailbox/envelope.hpp"

namespace troupe {

struct dead_letter {
  const envelope& letter;
  actor_id receiver;  // nobody: it was for a group
  std::string receiver_name;
  std::string sender_name;  // empty: no actor, or one that has ended
  dead_reason reason;
  bool told;  // whoever reports it sees to it that somebody hears of it
};

class dead_letter_listener : public ref_counted {
public:
  /// Any thread, at once; must be brief. Dead letters that this causes are
  /// counted, and nobody is told.
  virtual void on_dead_letter(const dead_letter& d) noexcept = 0;
  /// The system begins to shut down.
  virtual void on_closed() noexcept {}
};

class dead_letters {
public:
  using namer = std::function<std::string(actor_id)>;

  /// `name`: what a living actor is called, else an empty text.
  explicit dead_letters(namer name) : name_{std::move(name)} {}

  /// Any thread. A call that has begun may outlast unlisten().
  void listen(ref_ptr<dead_letter_listener> who);
  void unlisten(const dead_letter_listener* who);
  /// Takes those away for which `is_one` holds; false: there was none.
  bool unlisten_if(
      const std::function<bool(const dead_letter_listener&)>& is_one);
  void close() noexcept;

  /// Any thread. Counts it, and if somebody waits for an answer, answers with
  /// a fault that says `receiver_name` and the reason.
  void add(envelope_ptr letter, actor_id receiver,
           const std::string& receiver_name, dead_reason reason) noexcept;

  /// Any thread. Only counts it and tells the listeners.
  void note(const envelope& letter, actor_id receiver,
            dead_reason reason) noexcept;

  /// Any thread.
  std::uint64_t count(dead_reason reason) const noexcept;
  std::uint64_t total() const noexcept;

private:
  using listener_list = std::vector<ref_ptr<dead_letter_listener>>;

  void count(const envelope& letter, actor_id receiver,
             const std::string* receiver_name, dead_reason reason,
             bool told) noexcept;
  listener_list listeners() const;

  const namer name_;
  mutable std::mutex mutex_;
  listener_list listeners_;  // guarded by mutex_
  // Relaxed: whoever comes in the moment of a listen() may miss it.
  std::atomic<bool> heard_{false};
  // Relaxed throughout: plain counters.
  std::array<std::atomic<std::uint64_t>,
             static_cast<std::size_t>(dead_reason::count_)>
      counts_{};
};

}  // namespace troupe
