// SPDX-License-Identifier: Apache-2.0
// Catches what is written to a file descriptor, one item for each write(2).
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace troupe {

class capture {
public:
  explicit capture(int descriptor)
      : descriptor_{descriptor}, saved_{dup(descriptor)} {
    // Packets: neither merged nor split.
    (void)socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends_);
    dup2(ends_[1], descriptor_);
  }
  ~capture() {
    dup2(saved_, descriptor_);
    close(saved_);
    close(ends_[0]);
    close(ends_[1]);
  }
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

  /// What has been written since the last call.
  std::vector<std::string> writes() const {
    std::vector<std::string> all;
    std::string packet(1 << 16, '\0');
    for (;;) {
      const auto size =
          recv(ends_[0], packet.data(), packet.size(), MSG_DONTWAIT);
      if (size <= 0) {
        return all;
      }
      all.push_back(packet.substr(0, static_cast<std::size_t>(size)));
    }
  }
  std::string text() const {
    std::string all;
    for (const std::string& one : writes()) {
      all += one;
    }
    return all;
  }

private:
  const int descriptor_;
  const int saved_;
  int ends_[2] = {-1, -1};
};

}  // namespace troupe
