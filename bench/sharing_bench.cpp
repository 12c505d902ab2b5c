// SPDX-License-Identifier: Apache-2.0
// A Blob's way into another process: its memory is made and filled, given a
// descriptor, mapped and read there. Beside it, the same bytes through a
// socket, which takes a second thread.
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "bench/rounds.hpp"
#include "pybridge/data/sealed_memory.hpp"
#include "pybridge/data/shared_buffer.hpp"

namespace troupe {
namespace {

using bytes = std::vector<std::byte>;

[[noreturn]] void stop(const char* what) {
  std::perror(what);
  std::exit(1);
}

void use(const std::byte* data, std::size_t size) {
  volatile unsigned sum = 0;
  for (std::size_t i = 0; i < size; i += 64) {
    sum = sum + static_cast<unsigned>(data[i]);
  }
}

ref_ptr<shared_buffer> filled(const bytes& from) {
  auto buffer = shared_buffer::allocate(from.size());
  std::memcpy(buffer->writable_data(), from.data(), from.size());
  return buffer;
}

double heap(const bytes& from) {
  return bench::seconds_of([&] { filled(from); });
}

double with_descriptor(const bytes& from) {
  return bench::seconds_of([&] {
    std::byte* data = nullptr;
    const file_descriptor file{make_sealed_memory(from.size(), data)};
    if (file.get() < 0) {
      stop("memfd_create");
    }
    std::memcpy(data, from.data(), from.size());
    ::munmap(data, from.size());
  });
}

double copied(const bytes& from) {
  const auto buffer = filled(from);
  return bench::seconds_of([&] {
    int error = 0;
    if (shareable(buffer, error) == nullptr) {
      stop("shareable");
    }
  });
}

double mapped(const bytes& from) {
  int error = 0;
  const auto sent = shareable(filled(from), error);
  if (sent == nullptr) {
    stop("shareable");
  }
  return bench::seconds_of([&] {
    const int fd = ::dup(sent->descriptor());
    const auto got = shared_buffer::map_shared(fd, from.size(), error);
    if (got == nullptr) {
      stop("map_shared");
    }
    use(got->data(), got->size());
  });
}

double through_socket(const bytes& from) {
  std::array<int, 2> link{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link.data()) != 0) {
    stop("socketpair");
  }
  const file_descriptor here{link[0]};
  const file_descriptor there{link[1]};
  return bench::seconds_of([&] {
    std::thread reader{[&] {
      const auto got = shared_buffer::allocate(from.size());
      for (std::size_t n = 0; n != from.size();) {
        const ssize_t more =
            ::read(there.get(), got->writable_data() + n, from.size() - n);
        n += more > 0 ? static_cast<std::size_t>(more) : 0;
      }
      use(got->data(), got->size());
    }};
    for (std::size_t n = 0; n != from.size();) {
      const ssize_t more =
          ::write(here.get(), from.data() + n, from.size() - n);
      n += more > 0 ? static_cast<std::size_t>(more) : 0;
    }
    reader.join();
  });
}

struct contestant {
  const char* name;
  double (*run)(const bytes&);
};

constexpr contestant contestants[] = {
    {"made by malloc()", heap},
    {"made with a descriptor", with_descriptor},
    {"copied to where there is one", copied},
    {"mapped and read", mapped},
    {"instead: through a socket, read", through_socket},
};

void measure(const char* name, std::size_t size) {
  const bytes from(bench::size(size), std::byte{1});
  std::array<std::vector<double>, std::size(contestants)> seconds;
  for (int round = 0; round != 2 * bench::rounds(); ++round) {
    for (std::size_t i = 0; i != std::size(contestants); ++i) {
      seconds[i].push_back(contestants[i].run(from));
    }
  }
  bench::print_heading(name);
  for (std::size_t i = 0; i != std::size(contestants); ++i) {
    auto& all = seconds[i];
    std::sort(all.begin(), all.end());
    bench::print_line(contestants[i].name, "us", 1e6,
                      {all[all.size() / 2], all.front(), all.back()});
  }
}

}  // namespace
}  // namespace troupe

int main(int argc, char** argv) {
  troupe::bench::read_options(argc, argv);
  troupe::measure("64 KiB", std::size_t{64} << 10);
  troupe::measure("1 MiB", std::size_t{1} << 20);
  troupe::measure("16 MiB", std::size_t{16} << 20);
  troupe::measure("64 MiB", std::size_t{64} << 20);
}
