// SPDX-License-Identifier: Apache-2.0
// peer: the content of messages. Bytes cross as they are, but for the symbols
// in them; what they refer to crosses by its kind.
#include <cstring>
#include <system_error>
#include <utility>

#include "mailbox/payload.hpp"
#include "pybridge/data/sealed.hpp"
#include "pybridge/data/shared_buffer.hpp"
#include "pybridge/process/crossing.hpp"
#include "pybridge/process/peer.hpp"
#include "pybridge/process/remote_behaviour.hpp"

namespace troupe {
namespace {

enum class attachment_kind : std::uint8_t {
  nothing,  // of no use over there
  blob,     // a descriptor comes along
  bytes,    // a blob whose bytes come along
  yours,    // an actor of the receiver
  mine,     // an actor of the sender
  sealed,
  outcome,
  count_
};

// Less is copied sooner than it is mapped.
constexpr std::size_t map_from = std::size_t{32} << 10;
constexpr int deepest = 8;  // contents in contents

bool is_form(encoded_form form) noexcept {
  return form == encoded_form::value || form == encoded_form::call ||
         form == encoded_form::exception;
}

}  // namespace

// --- Writing ---

result<void> peer::write_content(frame_writer& out, const payload& content,
                                 encoded_form form, int depth) {
  if (depth > deepest) {
    return make_error(errc::invalid_argument, "values sealed in sealed values");
  }
  const auto attachments = content.attachments();
  out.number(form);
  out.number(static_cast<std::uint32_t>(attachments.size()));
  for (const auto& one : attachments) {
    if (const auto written = write_attachment(out, *one, depth); !written) {
      return written;
    }
  }
  if (out.size() + content.size() > max_frame_size - 64) {
    return make_error(errc::invalid_argument,
                      "the message is too large to be sent to another process; "
                      "put what is large into a troupe.Blob");
  }
  out.number(static_cast<std::uint64_t>(content.size()));
  out.raw(content.data(), content.size());
  return {};
}

result<void> peer::write_attachment(frame_writer& out, ref_counted& what,
                                    int depth) {
  if (auto* const cell = dynamic_cast<actor_cell*>(&what)) {
    write_actor(out, *cell);
  } else if (auto* const buffer = dynamic_cast<shared_buffer*>(&what)) {
    write_blob(out, ref_ptr<shared_buffer>{buffer});
  } else if (auto* const value = dynamic_cast<sealed*>(&what)) {
    out.number(attachment_kind::sealed);
    return write_content(out, value->content(), encoded_form::value, depth + 1);
  } else if (auto* const came = dynamic_cast<completion*>(&what)) {
    out.number(attachment_kind::outcome);
    return write_outcome(out, *came, depth + 1);
  } else if (dynamic_cast<receipt*>(&what) != nullptr) {
    out.number(attachment_kind::nothing);
  } else {
    return make_error(errc::invalid_argument, cant_cross_words);
  }
  return {};
}

void peer::write_blob(frame_writer& out, ref_ptr<shared_buffer> buffer) {
  const std::size_t size = buffer->size();
  int failed = 0;
  auto shared = size >= map_from && out.descriptors() < max_frame_descriptors
                    ? shareable(buffer, failed, is_trusted())
                    : nullptr;
  if (shared != nullptr) {
    out.number(attachment_kind::blob);
    out.number(static_cast<std::uint64_t>(size));
    const int memory = shared->descriptor();
    out.attach(memory, std::move(shared));
    return;
  }
  out.number(attachment_kind::bytes);
  out.number(static_cast<std::uint64_t>(size));
  out.raw(buffer->data(), size);
}

void peer::write_actor(frame_writer& out, actor_cell& cell) {
  const exports::address where = exports_.of(cell);
  out.number(where.theirs ? attachment_kind::yours : attachment_kind::mine);
  out.number(where.number);
  if (where.theirs) {
    return;
  }
  out.text(cell.name());
  out.number(static_cast<std::uint64_t>(cell.mailbox_capacity()));
  out.number(cell.overflow());
  if (where.fresh) {
    watch_export(where.number, cell);
  }
}

// Its end may come before the other side has heard of it: see ended_early_.
void peer::watch_export(std::uint64_t number, actor_cell& cell) {
  cell.when_ended().on_done([self = ref_ptr<peer>{this}, number,
                             ended = &cell] { self->tell_end(number, *ended); },
                            this);
}

void peer::tell_end_now(std::uint64_t number, actor_cell& cell) {
  flush_confirmed();
  completion& end = cell.when_ended();
  completion& start = cell.started();
  const fault* const why = !end.has_value()                     ? &end.why()
                           : start.done() && !start.has_value() ? &start.why()
                                                                : nullptr;
  frame_writer out{frame_kind::ended};
  out.number(number);
  out.number(cell.end_reason());
  out.number(static_cast<std::uint8_t>(why != nullptr));
  if (why != nullptr) {
    frame_writer plain = out;
    if (!write_fault(out, *why)) {
      static_cast<void>(write_fault(plain, {why->what, {}}));
      out = std::move(plain);
    }
  }
  send(std::move(out).finish());
}

result<void> peer::write_fault(frame_writer& out, const fault& why, int depth) {
  out.number(static_cast<std::uint8_t>(why.what.code));
  out.text(why.what.detail);
  return write_content(out, why.raised, encoded_form::exception, depth);
}

result<void> peer::write_outcome(frame_writer& out, const completion& c,
                                 int depth) {
  out.number(static_cast<std::uint8_t>(c.has_value()));
  return c.has_value()
             ? write_content(out, c.value(), encoded_form::value, depth)
             : write_fault(out, c.why(), depth);
}

// --- Reading: the service thread ---

result<payload> peer::read_content(received_frame& f, int depth) {
  const auto form = f.body.number<encoded_form>();
  const auto count = f.body.number<std::uint32_t>();
  if (depth > deepest || !is_form(form) || count > f.body.left()) {
    return unreadable("a content");
  }
  payload read;
  for (std::uint32_t i = 0; i != count; ++i) {
    auto one = read_attachment(f, depth);
    if (!one) {
      return one.error();
    }
    read.attach(std::move(*one));
  }
  const auto size = f.body.number<std::uint64_t>();
  const auto bytes = f.body.raw(size);
  if (!f.body.good()) {
    return unreadable("a content");
  }
  if (!bytes.empty()) {
    const auto rewritten = rewrite_symbols(
        bytes, form, count,
        [this](std::uint32_t theirs) { return symbol_of(theirs); });
    if (!rewritten) {
      return rewritten.error();
    }
  }
  read.append(bytes.data(), bytes.size());
  return read;
}

result<ref_ptr<ref_counted>> peer::read_attachment(received_frame& f,
                                                   int depth) {
  const auto kind = f.body.number<attachment_kind>();
  switch (kind) {
    case attachment_kind::nothing:
      return ref_ptr<ref_counted>{make_ref_counted<completion>()};
    case attachment_kind::blob:
    case attachment_kind::bytes:
      return read_blob(f, kind == attachment_kind::blob);
    case attachment_kind::yours:
    case attachment_kind::mine: {
      auto cell = read_actor_of(f, kind == attachment_kind::yours);
      if (!cell) {
        return cell.error();
      }
      return ref_ptr<ref_counted>{std::move(*cell)};
    }
    case attachment_kind::sealed: {
      auto content = read_content(f, depth + 1);
      if (!content) {
        return content.error();
      }
      return ref_ptr<ref_counted>{
          make_ref_counted<sealed>(std::move(*content))};
    }
    case attachment_kind::outcome:
      return read_outcome(f, depth + 1);
    default:
      return unreadable("something attached");
  }
}

result<ref_ptr<ref_counted>> peer::read_blob(received_frame& f, bool mapped) {
  const auto size = f.body.number<std::uint64_t>();
  if (mapped) {
    if (!f.body.good() || f.descriptors.empty()) {
      return unreadable("a blob without memory");
    }
    descriptor memory = std::move(f.descriptors.front());
    f.descriptors.erase(f.descriptors.begin());
    int failed = 0;
    auto buffer =
        shared_buffer::map_shared(memory.release(), size, failed, trusts());
    if (buffer == nullptr) {
      return make_error(errc::failed,
                        "a blob's memory can't be mapped: " +
                            std::generic_category().message(failed));
    }
    return ref_ptr<ref_counted>{std::move(buffer)};
  }
  const auto bytes = f.body.raw(size);
  if (!f.body.good()) {
    return unreadable("a blob");
  }
  auto buffer = shared_buffer::allocate(bytes.size());
  if (!bytes.empty()) {
    std::memcpy(buffer->writable_data(), bytes.data(), bytes.size());
  }
  return ref_ptr<ref_counted>{std::move(buffer)};
}

result<ref_ptr<ref_counted>> peer::read_outcome(received_frame& f, int depth) {
  const bool has_value = f.body.number<std::uint8_t>() != 0;
  auto came = make_ref_counted<completion>();
  if (has_value) {
    auto value = read_content(f, depth);
    if (!value) {
      return value.error();
    }
    came->set_value(std::move(*value));
  } else {
    auto why = read_fault(f, depth);
    if (!why) {
      return why.error();
    }
    came->set_fault(std::move(*why));
  }
  return ref_ptr<ref_counted>{std::move(came)};
}

result<fault> peer::read_fault(received_frame& f, int depth) {
  const auto code = f.body.number<std::uint8_t>();
  std::string detail = f.body.text();
  auto raised = read_content(f, depth);
  // Named, since a fault could be made of an error, too.
  using boost::system::in_place_error;
  if (!raised) {
    return {in_place_error, raised.error()};
  }
  if (code > static_cast<std::uint8_t>(errc::failed)) {
    return {in_place_error, unreadable("an error")};
  }
  return fault{make_error(static_cast<errc>(code), std::move(detail)),
               std::move(*raised)};
}

result<ref_ptr<actor_cell>> peer::read_actor(received_frame& f) {
  const auto kind = f.body.number<attachment_kind>();
  if (kind != attachment_kind::yours && kind != attachment_kind::mine) {
    return unreadable("an actor");
  }
  return read_actor_of(f, kind == attachment_kind::yours);
}

result<ref_ptr<actor_cell>> peer::read_actor_of(received_frame& f, bool ours) {
  const auto number = f.body.number<std::uint64_t>();
  if (ours) {
    auto cell = exports_.find(number);
    return cell != nullptr ? result<ref_ptr<actor_cell>>{std::move(cell)}
                           : unreadable("an actor that nobody has told of");
  }
  std::string name = f.body.text();
  const auto capacity = f.body.number<std::uint64_t>();
  const auto overflow = f.body.number<overflow_policy>();
  if (!f.body.good() || overflow > overflow_policy::redirect) {
    return unreadable("an actor");
  }
  return import(number, std::move(name), capacity, overflow);
}

// What doesn't fit is seen to by the actor itself, as far as it may be lost;
// here senders are only slowed down, or told.
result<ref_ptr<actor_cell>> peer::import(std::uint64_t number, std::string name,
                                         std::size_t capacity,
                                         overflow_policy overflow) {
  if (auto known = imported_.find(number); known != imported_.end()) {
    return known->second;
  }
  const bool tells =
      overflow == overflow_policy::fail || overflow == overflow_policy::block;
  auto code = make_ref_counted<remote_behaviour>(ref_ptr<peer>{this}, number);
  add_importer(number, code, nullptr);
  const auto spawned =
      system_.spawn(code, {.name = std::move(name),
                           .mailbox_capacity = capacity,
                           .overflow = tells ? overflow : overflow_policy::mute,
                           .concurrency = far_behaviour::window,
                           .far = true,
                           .listed = false});
  if (!spawned) {
    return spawned.error();
  }
  const ref_ptr<actor_cell> cell{&spawned->cell()};
  add_importer(number, code, cell.get());
  exports_.add_theirs(number, *cell);
  imported_.emplace(number, cell);
  if (const auto early = ended_early_.extract(number)) {
    code->post(actor_ended{early.mapped(), {}});
  }
  return cell;
}

}  // namespace troupe
