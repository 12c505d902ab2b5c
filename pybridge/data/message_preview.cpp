// SPDX-License-Identifier: Apache-2.0
#include "pybridge/data/message_preview.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/symbol.hpp"
#include "pybridge/data/wire_source.hpp"

namespace troupe {
namespace {

using wire::tag;

constexpr int deepest = 8;

class previewer {
public:
  explicit previewer(const payload& in) noexcept : from_{in} {}

  void value();
  void arguments();
  std::string take() {
    if (ended_) {
      text_ += "...";
    }
    return std::move(text_);
  }

private:
  // Nothing more is written: the rest can't be told, or is too much.
  void end() noexcept { ended_ = true; }
  bool on() noexcept {
    ended_ = ended_ || from_.bad() || text_.size() > preview_length;
    return !ended_;
  }
  void put(std::string_view words) {
    if (on()) {
      text_ += words;
    }
  }
  void of_tag(tag t);
  void of_object(tag t);
  void number(double x);
  void list(std::string_view open, std::size_t n, std::string_view close);
  void pairs(std::size_t n);
  void text(std::size_t width);
  void quoted(char32_t c);
  void name(std::string_view after);

  wire_source from_;
  std::string text_;
  int depth_ = 0;
  bool ended_ = false;
};

void previewer::value() {
  if (!on()) {
    return;
  }
  if (depth_ == deepest) {
    return end();
  }
  ++depth_;
  const auto first = from_.number<std::uint8_t>();
  if (on()) {
    of_tag(static_cast<tag>(first & ~wire::remember));
  }
  --depth_;
}

void previewer::of_tag(tag t) {
  switch (t) {
    case tag::none:
      return put("None");
    case tag::true_value:
      return put("True");
    case tag::false_value:
      return put("False");
    case tag::ellipsis:
      return put("Ellipsis");
    case tag::int8:
      return put(std::to_string(from_.number<std::int8_t>()));
    case tag::int32:
      return put(std::to_string(from_.number<std::int32_t>()));
    case tag::int64:
      return put(std::to_string(from_.number<std::int64_t>()));
    case tag::float64:
      return number(from_.number<double>());
    case tag::ascii:
    case tag::latin1:
      return text(1);
    case tag::ucs2:
      return text(2);
    case tag::ucs4:
      return text(4);
    case tag::bytes:
      put("b");
      return text(1);
    case tag::tuple: {
      const std::size_t n = from_.length();
      return list("(", n, n == 1 ? ",)" : ")");
    }
    case tag::list:
      return list("[", from_.length(), "]");
    case tag::set:
    case tag::frozen_set:
      return list("{", from_.length(), "}");
    case tag::dict:
    case tag::frozen_dict:
      return pairs(from_.length(2));
    default:
      return of_object(t);
  }
}

void previewer::of_object(tag t) {
  switch (t) {
    case tag::named_tuple:
      name("");
      from_.number<std::uint8_t>();  // a tuple's tag
      return list("(", from_.length(), ")");
    case tag::enum_member:
      name(".");
      return value();
    case tag::call:
    case tag::enum_value:
      name("");
      return value();
    case tag::global:
      return name("");
    case tag::instance:
      put("<");
      name(">");
      return end();  // its attributes aren't worth the room
    case tag::actor_ref:
      from_.count();
      return put("<Ref>");
    case tag::blob:
      return put("<Blob of " + std::to_string(from_.blob().size()) + " bytes>");
    default:
      return end();
  }
}

void previewer::number(double x) {
  char words[32];
  std::snprintf(words, sizeof words, "%.15g", x);
  put(words);
  if (std::isfinite(x) &&
      std::string_view{words}.find_first_of(".e") == std::string_view::npos) {
    put(".0");
  }
}

void previewer::list(std::string_view open, std::size_t n,
                     std::string_view close) {
  put(open);
  for (std::size_t i = 0; i != n && on(); ++i) {
    put(i == 0 ? "" : ", ");
    value();
  }
  put(close);
}

void previewer::pairs(std::size_t n) {
  put("{");
  for (std::size_t i = 0; i != n && on(); ++i) {
    put(i == 0 ? "" : ", ");
    value();
    put(": ");
    value();
  }
  put("}");
}

void previewer::text(std::size_t width) {
  const std::size_t length = from_.length(width);
  const auto bytes = from_.bytes(length * width);
  put("'");
  for (std::size_t i = 0; i != length && on(); ++i) {
    char32_t c = 0;
    std::memcpy(&c, bytes.data() + i * width, width);
    quoted(c);
  }
  put("'");
}

// In UTF-8; what isn't a printable character is escaped.
void previewer::quoted(char32_t c) {
  if (c == U'\'' || c == U'\\') {
    text_ += {'\\', static_cast<char>(c)};
  } else if (c >= 0x20 && c < 0x7F) {
    text_ += static_cast<char>(c);
  } else {
    char words[16];
    std::snprintf(words, sizeof words, c < 0x100 ? "\\x%02x" : "\\u%04x",
                  static_cast<unsigned>(c));
    text_ += words;
  }
}

// The class without its module.
void previewer::name(std::string_view after) {
  const std::string_view whole =
      name_of(static_cast<symbol>(from_.number<std::uint32_t>()));
  put(whole.substr(whole.find(':') + 1));
  put(after);
}

void previewer::arguments() {
  const std::size_t positional = from_.length();
  const std::size_t named = from_.length(2);
  put("(");
  for (std::size_t i = 0; i != positional + named && on(); ++i) {
    put(i == 0 ? "" : ", ");
    if (i >= positional) {
      from_.number<std::uint8_t>();  // a short str's tag
      const auto key = from_.bytes(from_.length());
      put({reinterpret_cast<const char*>(key.data()), key.size()});
      put("=");
    }
    value();
  }
  put(")");
}

}  // namespace

std::string preview_of_message(const payload& message) {
  previewer p{message};
  p.value();
  return p.take();
}

std::string preview_of_call(const payload& call) {
  previewer p{call};
  p.arguments();
  return p.take();
}

}  // namespace troupe
