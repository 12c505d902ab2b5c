# SPDX-License-Identifier: Apache-2.0
"""What tools/layering.py finds, and what it lets pass."""

import unittest

from layering import check_build, check_source


def source(path, line, build="@boost doctest @python"):
    return list(check_source(path, line + "\n", build))


def build(path, text):
    return list(check_build(path, text))


class Includes(unittest.TestCase):
    def test_may_point_downwards(self):
        for path, header in (
            ("actors/a.cpp", "mailbox/mailbox.hpp"),
            ("actors/a.cpp", "scheduler/worker.hpp"),
            ("mailbox/a.cpp", "base/assert.hpp"),
            ("pybridge/a.cpp", "mailbox/payload.hpp"),
            ("tests/base/a.cpp", "pybridge/interpreters/runtime.hpp"),
            ("samples/x/a.cpp", "actors/actor_system.hpp"),
        ):
            self.assertEqual(source(path, f'#include "{header}"'), [])

    def test_may_not_point_upwards_or_sideways(self):
        for path, header in (
            ("base/a.hpp", "mailbox/mailbox.hpp"),
            ("mailbox/a.hpp", "scheduler/worker.hpp"),
            ("scheduler/a.hpp", "mailbox/mailbox.hpp"),
            ("actors/a.cpp", "pybridge/interpreters/runtime.hpp"),
            ("actors/a.cpp", "tests/actors/test_actors.hpp"),
        ):
            self.assertEqual(
                source(path, f'#include "{header}"'),
                [f"{path}: {path.split('/')[0]}/ must not include {header}"],
            )

    def test_of_a_library_are_for_one_layer_and_its_tests(self):
        for owner, header in (
            ("pybridge", "Python.h"),
            ("scheduler", "boost/asio/post.hpp"),
            ("mailbox", "boost/lockfree/stack.hpp"),
        ):
            line = f"#  include <{header}>"
            self.assertEqual(source(f"{owner}/a.cpp", line), [])
            self.assertEqual(source(f"tests/{owner}/a.cpp", line), [])
            for other in ("actors/a.cpp", "tests/actors/a.cpp", "bench/a.cpp"):
                self.assertEqual(
                    source(other, line),
                    [f"{other}: <{header}> is for {owner}/ only"],
                )

    def test_of_a_library_need_a_dependency(self):
        wrong = source("mailbox/a.cpp", "#include <boost/intrusive_ptr.hpp>", "@doctest")
        self.assertEqual(len(wrong), 1)
        self.assertIn("@boost", wrong[0])

    def test_in_a_comment_do_not_count(self):
        self.assertEqual(source("base/a.hpp", "// #include <Python.h>"), [])


class Fences(unittest.TestCase):
    def test_are_refused(self):
        self.assertEqual(len(source("base/a.cpp", "std::atomic_thread_fence(o);")), 1)


class BuildFiles(unittest.TestCase):
    def test_may_depend_downwards_only(self):
        self.assertEqual(build("actors/BUILD", 'deps = ["//mailbox", "//base:roles"]'), [])
        self.assertEqual(
            build("mailbox/BUILD", 'deps = [":x", "//scheduler:worker"]'),
            ["mailbox/BUILD: mailbox/ must not depend on //scheduler:worker"],
        )

    def test_of_leaves_may_depend_on_anything(self):
        self.assertEqual(build("tests/base/BUILD", 'deps = ["//pybridge:troupe"]'), [])

    def test_show_a_layer_to_those_above_it_only(self):
        self.assertEqual(
            build("mailbox/BUILD", 'default_visibility = ["//actors:__pkg__", "//tests:__subpackages__"]'),
            [],
        )
        self.assertEqual(
            build("mailbox/BUILD", 'visibility = ["//scheduler:__pkg__"]'),
            ["mailbox/BUILD: must not be visible to scheduler/"],
        )

    def test_show_only_base_and_pybridge_to_all(self):
        public = 'visibility = ["//visibility:public"]'
        self.assertEqual(build("base/BUILD", public), [])
        self.assertEqual(build("pybridge/BUILD", public), [])
        self.assertEqual(len(build("actors/BUILD", public)), 1)


if __name__ == "__main__":
    unittest.main()
