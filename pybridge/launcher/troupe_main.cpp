// SPDX-License-Identifier: Apache-2.0
#include "pybridge/launcher/launcher.hpp"

int main(int argc, char** argv) {
  return troupe::launch(argc, argv);
}
