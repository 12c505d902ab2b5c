# SPDX-License-Identifier: Apache-2.0
"""_core.pyi says what troupe._core has."""

import ast
import inspect
import os

import support
import troupe
from troupe import _core

# What a class does without having the method itself.
BY_OTHER_MEANS = {"__getattr__", "__iter__", "__new__"}


def stub():
    path = os.path.join(os.path.dirname(troupe.__file__), "_core.pyi")
    with open(path, encoding="utf-8") as file:
        return ast.parse(file.read()).body


def is_public(name):
    return not name.startswith("_") or name == "__version__"


def members(class_node):
    """{name: its last definition} in the stub's class."""
    return {node.name: node for node in class_node.body
            if isinstance(node, ast.FunctionDef) and not is_setter(node)}


def is_setter(node):
    return any(isinstance(each, ast.Attribute) for each in node.decorator_list)


def decorators(node):
    return {each.id for each in node.decorator_list if isinstance(each, ast.Name)}


def parameters(node):
    """The (name, kind) of a stub's parameters, without the first (self)."""
    arguments = node.args
    named = inspect.Parameter.POSITIONAL_OR_KEYWORD
    found = [(a.arg, inspect.Parameter.POSITIONAL_ONLY) for a in arguments.posonlyargs]
    found += [(a.arg, named) for a in arguments.args]
    if arguments.vararg:
        found.append((arguments.vararg.arg, inspect.Parameter.VAR_POSITIONAL))
    found += [(a.arg, inspect.Parameter.KEYWORD_ONLY) for a in arguments.kwonlyargs]
    if arguments.kwarg:
        found.append((arguments.kwarg.arg, inspect.Parameter.VAR_KEYWORD))
    return found[1:]


def defaults(node):
    arguments = node.args
    found = [default for default in arguments.defaults + arguments.kw_defaults if default]
    return [ast.literal_eval(each) for each in found]


class Stub(support.SystemTestCase):
    def setUp(self):
        super().setUp()
        self.body = stub()
        self.nodes = self.class_nodes()
        ref = self.spawn("actors.echo")
        self.classes = {
            name: value for name, value in vars(_core).items() if isinstance(value, type)
        }
        del self.classes["__loader__"]
        # Classes that have no name in the module. Two of the stub's are one.
        self.classes |= {"Context": type(_core.context)}
        self.classes |= {"Tell": type(ref.tell), "Ask": type(ref.ask)}

    def class_nodes(self):
        """Those that are there at run time, with what they have from the others."""
        nodes = {n.name: n for n in self.body if isinstance(n, ast.ClassDef)}
        for node in nodes.values():
            for base in node.bases:
                if isinstance(base, ast.Name) and "type_check_only" in decorators(
                    nodes.get(base.id, node)
                ):
                    node.body += nodes[base.id].body
        return [n for n in nodes.values() if "type_check_only" not in decorators(n)]

    def pairs(self):
        """(class, node of a method or property) for all that the stub has."""
        for node in self.nodes:
            for member in members(node).values():
                yield self.classes[node.name], member

    def test_it_has_the_modules_names(self):
        functions = {n.name for n in self.body if isinstance(n, ast.FunctionDef)}
        values = {n.target.id for n in self.body if isinstance(n, ast.AnnAssign)}
        classes = {n.name for n in self.nodes}
        self.assertEqual(classes, set(self.classes))
        self.assertEqual(
            functions | values | classes - {"Tell", "Ask", "Context"},
            set(filter(is_public, dir(_core))),
        )

    def test_its_classes_have_the_same_public_attributes(self):
        for node in self.nodes:
            with self.subTest(node.name):
                real = set(filter(is_public, vars(self.classes[node.name])))
                self.assertEqual(set(filter(is_public, members(node))), real)

    def test_its_special_methods_exist(self):
        for owner, node in self.pairs():
            if not is_public(node.name) and node.name not in BY_OTHER_MEANS:
                with self.subTest(f"{owner.__name__}.{node.name}"):
                    self.assertTrue(hasattr(owner, node.name))

    def test_properties_are_properties(self):
        for owner, node in self.pairs():
            if is_public(node.name):
                with self.subTest(f"{owner.__name__}.{node.name}"):
                    real = inspect.isgetsetdescriptor(vars(owner)[node.name])
                    self.assertEqual("property" in decorators(node), real)

    def test_methods_take_the_same_parameters(self):
        for owner, node in self.pairs():
            if is_public(node.name) and "property" not in decorators(node):
                with self.subTest(f"{owner.__name__}.{node.name}"):
                    signature = inspect.signature(getattr(owner, node.name))
                    given = list(signature.parameters.values())
                    if "classmethod" not in decorators(node):
                        del given[0]  # self
                    self.assertEqual(parameters(node), [(p.name, p.kind) for p in given])
                    real = [p.default for p in given if p.default is not p.empty]
                    self.assertEqual(defaults(node), real)

    def test_all_that_is_public_has_a_docstring(self):
        for owner, node in self.pairs():
            if is_public(node.name):
                with self.subTest(f"{owner.__name__}.{node.name}"):
                    self.assertTrue(vars(owner)[node.name].__doc__)
        for name in troupe.__all__:
            self.assertTrue(getattr(troupe, name).__doc__, name)

    def test_the_package_says_that_it_is_typed(self):
        folder = os.path.dirname(troupe.__file__)
        self.assertTrue(os.path.exists(os.path.join(folder, "py.typed")))


def main(system):
    support.run(globals())
