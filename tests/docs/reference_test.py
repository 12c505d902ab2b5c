# SPDX-License-Identifier: Apache-2.0
"""docs/reference.md has an example of each public name, and all of them run; so
do those of docstrings that are whole.

A section's `>>>` examples share their names, and have a System. What is called
in a section counts as shown for the classes that its heading names.
"""

import doctest
import inspect
import os
import re
import sys
import tempfile
import unittest

import troupe
import troupe.pipeline
import troupe.testing

import runnable

DOCUMENT = "docs/reference.md"
OPTIONS = doctest.NORMALIZE_WHITESPACE

# Their docstrings show a piece of a program that isn't there.
PIECES = frozenset("""
    ActorPool DeadLetter Future Future.add_done_callback Future.pipe_to Group
    Group.ask_all Probe Ref Ref.options Retry Router Router.ask_all ShutdownReport
    System.pool System.register System.router System.spawn System.spawn_many
    System.supervise System.tree TestSystem TestSystem.run_async as_completed
    context.after context.become context.every context.supervise gather seeds wait
""".split())


class Section:
    def __init__(self, line, title, text):
        self.line, self.title = line, title
        self.steps = runnable.steps(text)
        self.code = "\n".join(s.text for s in self.steps if s.kind in ("python", "pycon"))

    def names(self):
        return re.findall(r"`([\w.]+)`", self.title)

    def shows(self, method):
        return re.search(rf"(\.|\bdef ){method}\b", self.code) is not None


def sections():
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    starts = [(0, "")]
    starts += [(m.start(), m[1]) for m in re.finditer(r"^##+ (.*)$", text, re.M)]
    ends = [start for start, _ in starts[1:]] + [len(text)]
    return [
        Section(text[:start].count("\n") + 1, title, text[start:end])
        for (start, title), end in zip(starts, ends)
    ]


def entries():
    """(name, class or None, methods): all that is public."""
    for module in (troupe, troupe.testing, troupe.pipeline):
        for name in module.__all__:
            value = getattr(module, name)
            owner = type(value) if name == "context" else value
            if inspect.isclass(owner) and not issubclass(owner, BaseException):
                yield name, methods(owner)
            elif inspect.ismodule(value):
                yield name, functions(value)
            else:
                yield name, []


def methods(owner):
    return [
        name
        for name, value in vars(owner).items()
        if not name.startswith("_")
        and callable(getattr(owner, name))
        and not inspect.isclass(value)
    ]


def functions(module):
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and inspect.isfunction(value)
        and value.__module__ == module.__name__
    ]


def docstrings():
    """(name, docstring) of all that is public."""
    for module in (troupe, troupe.testing, troupe.pipeline):
        for name in module.__all__:
            value = getattr(module, name)
            yield name, inspect.getdoc(value) or ""
            if inspect.isclass(value):
                for each in methods(value):
                    yield f"{name}.{each}", inspect.getdoc(vars(value)[each]) or ""


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sections = sections()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        sys.path.insert(0, folder.name)
        self.addCleanup(sys.path.remove, folder.name)
        os.chdir(folder.name)
        for section in self.sections:
            self.write_files(section)

    def test_each_public_name_has_an_example(self):
        shown = {name for each in self.sections if each.code for name in each.names()}
        shown |= {word for each in self.sections for word in re.findall(r"\w+", each.code)}
        for name, _ in entries():
            with self.subTest(name):
                self.assertIn(name, shown)

    def test_each_public_method_has_an_example_where_its_class_has(self):
        for name, called in entries():
            places = [each for each in self.sections if name in each.names()]
            for method in called:
                with self.subTest(f"{name}.{method}"):
                    self.assertTrue(any(each.shows(method) for each in places))

    def test_the_examples_give_what_they_say(self):
        names = {"troupe": troupe, "__name__": "__main__"}
        for section in self.sections:
            with self.subTest(section.title or "the beginning"):
                self.check(section, names)

    def test_the_examples_of_docstrings_give_what_they_say(self):
        names = vars(troupe) | {name: getattr(troupe, name) for name in troupe.__all__}
        names |= {name: getattr(troupe.testing, name) for name in troupe.testing.__all__}
        tried = 0
        for name, text in docstrings():
            if ">>>" in text and name not in PIECES:
                with self.subTest(name):
                    self.run_examples(text, name, name, 0, dict(names, troupe=troupe))
                tried += 1
        self.assertGreater(tried, 20)

    def write_files(self, section):
        for step in section.steps:
            if step.file:
                with open(step.file, "w", encoding="utf-8") as file:
                    file.write(step.text)

    def check(self, section, names):
        text = ""
        for step in section.steps:
            if step.kind == "pycon":
                text += "\n" * (step.line - text.count("\n")) + step.text
        line = section.line - 1
        self.run_examples(text, section.title, DOCUMENT, line, names)

    def run_examples(self, text, title, file, line, names):
        test = doctest.DocTestParser().get_doctest(text, {}, title, file, line)
        told = []
        with troupe.System(dead_letter_log=False) as system:
            test.globs = names
            names["system"] = system
            runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
            runner.run(test, out=told.append, clear_globs=False)
        if told:
            self.fail("".join(told))


if __name__ == "__main__":
    unittest.main()
