// SPDX-License-Identifier: Apache-2.0
#include "pybridge/process/link.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "scheduler/thread_scheduler.hpp"

namespace troupe {
namespace {

std::array<descriptor, 2> make_pair() {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) ==
          0);
  return {descriptor{ends[0]}, descriptor{ends[1]}};
}

frame text_frame(const std::string& text) {
  frame_writer out{frame_kind::names};
  out.text(text);
  return std::move(out).finish();
}

// Keeps what it hears.
class ear final : public ref_counted, public link_listener {
public:
  result<void> on_frame(received_frame& f) override {
    texts.push_back(f.body.text());
    if (!f.body.good()) {
      return make_error(errc::invalid_argument, "no text");
    }
    descriptors += f.descriptors.size();
    if (texts.size() == wanted) {
      heard.set_value();
    }
    return {};
  }
  void on_link_ended(const std::string& why) noexcept override {
    over.set_value(why);
  }

  std::size_t wanted = 0;
  std::vector<std::string> texts;  // the service thread, until `over`
  std::size_t descriptors = 0;
  std::promise<void> heard;
  std::promise<std::string> over;
};

// One link, and the raw end of its socket.
struct raw_peer {
  raw_peer() {
    auto ends = make_pair();
    raw = std::move(ends[1]);
    near = make_ref_counted<link>(scheduler, std::move(ends[0]));
    near->start(listener, *listener);
  }
  std::string end() { return listener->over.get_future().get(); }
  void write(const std::vector<std::byte>& bytes) const {
    REQUIRE(::send(raw.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }

  thread_scheduler scheduler{{.workers = 1}};
  ref_ptr<ear> listener = make_ref_counted<ear>();
  descriptor raw;
  ref_ptr<link> near;
};

struct two_links {
  two_links() {
    auto ends = make_pair();
    first = make_ref_counted<link>(scheduler, std::move(ends[0]));
    second = make_ref_counted<link>(scheduler, std::move(ends[1]));
    first->start(at_first, *at_first);
    second->start(at_second, *at_second);
  }
  ~two_links() {
    first->close();
    at_first->over.get_future().wait();
    at_second->over.get_future().wait();
    scheduler.stop();
  }

  thread_scheduler scheduler{{.workers = 1}};
  ref_ptr<ear> at_first = make_ref_counted<ear>();
  ref_ptr<ear> at_second = make_ref_counted<ear>();
  ref_ptr<link> first, second;
};

}  // namespace

TEST_SUITE("link") {

TEST_CASE("frames arrive whole and in order" * doctest::timeout(60)) {
  two_links links;
  links.at_second->wanted = 1000;
  for (int i = 0; i != 1000; ++i) {
    links.first->send(text_frame(std::to_string(i)),
                      i % 3 == 0 ? link::when::now : link::when::soon);
  }
  links.first->flush();
  links.at_second->heard.get_future().wait();
  for (int i = 0; i != 1000; ++i) {
    CHECK(links.at_second->texts[static_cast<std::size_t>(i)] ==
          std::to_string(i));
  }
}

TEST_CASE("what the socket doesn't take at once follows" *
          doctest::timeout(60)) {
  two_links links;
  links.at_second->wanted = 20;
  const std::string large(3'000'000, 'x');
  for (int i = 0; i != 20; ++i) {
    links.first->send(text_frame(large));
  }
  links.at_second->heard.get_future().wait();
  for (const std::string& text : links.at_second->texts) {
    CHECK(text == large);
  }
}

TEST_CASE("descriptors arrive with their frame" * doctest::timeout(60)) {
  two_links links;
  links.at_second->wanted = 100;
  const descriptor any{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  for (int i = 0; i != 100; ++i) {
    frame_writer out{frame_kind::names};
    out.text("with descriptors");
    for (int k = 0; k != i % 5; ++k) {
      out.attach(any.get(), nullptr);
    }
    links.first->send(std::move(out).finish());
  }
  links.at_second->heard.get_future().wait();
  CHECK(links.at_second->descriptors == 200);
}

TEST_CASE("who finishes is read to the end" * doctest::timeout(60)) {
  two_links links;
  links.at_second->wanted = 2;
  links.first->send(text_frame("one"), link::when::soon);
  links.first->send(text_frame("two"), link::when::soon);
  links.first->finish();
  links.first->send(text_frame("too late"));
  links.at_second->heard.get_future().wait();
  CHECK(links.at_second->texts == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a peer that is gone ends the link without a word" *
          doctest::timeout(60)) {
  raw_peer peer;
  peer.raw.close();
  CHECK(peer.end().empty());
  CHECK(peer.near->ended());
  peer.near->send(text_frame("nobody hears it"));
  peer.scheduler.stop();
}

TEST_CASE("a frame of no kind ends the link" * doctest::timeout(60)) {
  raw_peer peer;
  peer.write(std::vector<std::byte>(64, std::byte{0xFF}));
  CHECK(peer.end().find("a frame of kind 255") != std::string::npos);
  peer.scheduler.stop();
}

TEST_CASE("a frame whose descriptors are missing ends the link" *
          doctest::timeout(60)) {
  raw_peer peer;
  auto bytes = text_frame("x").bytes;
  bytes[6] = std::byte{3};
  peer.write(bytes);
  CHECK(peer.end().find("descriptors") != std::string::npos);
  peer.scheduler.stop();
}

TEST_CASE("a body that is too short ends the link" * doctest::timeout(60)) {
  raw_peer peer;
  frame_writer out{frame_kind::names};
  out.number(std::uint32_t{1000});
  peer.write(std::move(out).finish().bytes);
  CHECK(peer.end() == "no text");
  peer.scheduler.stop();
}

TEST_CASE("random bytes do no harm" * doctest::timeout(120)) {
  for (unsigned seed = 0; seed != 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random{seed};
    raw_peer peer;
    std::vector<std::byte> bytes(1 + random() % 5000);
    for (auto& b : bytes) {
      b = static_cast<std::byte>(random() % (seed % 2 == 0 ? 256 : 4));
    }
    peer.write(bytes);
    peer.raw.close();
    static_cast<void>(peer.end());
    peer.scheduler.stop();
  }
}

}  // TEST_SUITE("link")
}  // namespace troupe
