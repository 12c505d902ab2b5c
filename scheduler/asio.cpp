// SPDX-License-Identifier: Apache-2.0
// Asio itself, compiled once (BOOST_ASIO_SEPARATE_COMPILATION in BUILD).
#include <boost/asio/impl/src.hpp>
