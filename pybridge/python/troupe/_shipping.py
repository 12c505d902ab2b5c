# SPDX-License-Identifier: Apache-2.0
"""Functions that another interpreter can't import, sent as code.

A function of a module goes by its name. One that has none there (a lambda, a
closure), and whatever `__main__` defines, is packed: its code, the globals that
it uses, what its closure holds, its defaults, and the same for each function
that it refers to. In the other interpreter functions of `__main__` live in the
`__main__` there, so they see each other's globals, and what an initializer has
set. Functions of other modules get the globals of that module.

A copy is as of the time of sending, as with everything that is sent. A global
is set over there when it is new or has changed here since, and is left alone
otherwise: so what tasks keep in globals stays.
"""

import os
import sys
from itertools import count
from types import CellType, CodeType, FunctionType, ModuleType
from weakref import WeakKeyDictionary

from troupe import _core

# What numbers stand for must be unique in the process: several senders may
# ship to one interpreter.
_numbers = count(int.from_bytes(os.urandom(6)) << 20)
_CONSTANTS = frozenset(
    (int, float, complex, bool, str, bytes, type(None), CodeType, ModuleType)
)

# ---- Here: packing ----

_codes: WeakKeyDictionary = WeakKeyDictionary()  # code -> (number, its bytes)
_packed: WeakKeyDictionary = WeakKeyDictionary()  # function -> _Packed
_versions: dict = {}  # (namespace, name) -> _Version of what was sent last


def _reduce_function(function):
    if _is_importable(function):
        return NotImplemented
    packed = _packed.get(function)
    if packed is None or not packed.is_current():
        packed = _packed[function] = _Packed(function)
    return load, (packed.number, packed.content)


def _reduce_module(module):
    return load_module, (module.__name__, ())


# How a task is encoded: see Channel.submit().
BY_VALUE = {FunctionType: _reduce_function, ModuleType: _reduce_module}


def _is_importable(function):
    name = function.__module__
    if name in ("__main__", "__mp_main__"):
        return False
    found = sys.modules.get(name)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is function


class _Packed:
    """A function and all that it refers to, ready to be sent many times."""

    def __init__(self, function):
        self.number = next(_numbers)
        # What it was made of: (where to look, what was there).
        self.made_of = []
        self.constant = True
        pack = _Pack(self)
        pack.index_of(function)
        self.content = _core.Sealed(pack.all(), "function")

    def is_current(self):
        return self.constant and all(
            look(where, name) is value for look, where, name, value in self.made_of
        )

    def note(self, look, where, name, value):
        self.made_of.append((look, where, name, value))
        if type(value) not in _CONSTANTS and not isinstance(value, FunctionType | type):
            self.constant = False  # it may change without being another object


class _Pack:
    def __init__(self, packed):
        self._packed = packed
        self._indices = {}  # function -> index
        self._functions = []
        self._parts = []
        self._cells = {}  # id(cell) -> index
        self._contents = []  # of the cells
        self._globals = {}  # (namespace, name) -> (version, value)
        self._mentioned = []  # functions, by what is being sealed
        self._table = {FunctionType: self._reduce, ModuleType: _reduce_module}

    def index_of(self, function):
        index = self._indices.get(function)
        if index is None:
            index = self._indices[function] = len(self._functions)
            self._functions.append(function)
        return index

    def all(self):
        for function in self._functions:  # which grows meanwhile
            self._parts.append(self._part(function))
        globals_ = [(*key, *what) for key, what in self._globals.items()]
        return self._parts, self._contents, globals_

    def _reduce(self, function):
        if _is_importable(function):
            return NotImplemented
        self._mentioned.append(function)
        return item, (self.index_of(function),)

    def _seal(self, value, what):
        self._mentioned = []
        return _core.Sealed(value, what, self._table)

    def _part(self, function):
        name = function.__qualname__
        code = function.__code__
        rest = function.__defaults__, function.__kwdefaults__, function.__dict__
        self._packed.note(getattr, function, "__code__", code)
        for each in (*(rest[0] or ()), *(rest[1] or {}).values()):
            self._packed.note(_itself, each, "", each)
        cells = [self._cell(*each, name) for each in _closure_of(function)]
        return (
            *_code_of(code),
            self._namespace(function, code),
            function.__name__,
            name,
            cells,
            self._seal(rest, f"the defaults of {name}()"),
        )

    def _cell(self, variable, cell, name):
        index = self._cells.get(id(cell))
        if index is None:
            index = self._cells[id(cell)] = len(self._contents)
            self._contents.append(None)
            content = getattr(cell, "cell_contents", _NOTHING)
            if type(content) in _CONSTANTS or content is _NOTHING:
                self._packed.note(_content_of, cell, "", content)
            else:
                self._packed.note(getattr, cell, "cell_contents", content)
            if content is not _NOTHING:
                what = f"'{variable}' in the closure of {name}()"
                self._contents[index] = self._seal(content, what)
        return index

    def _namespace(self, function, code):
        variables = function.__globals__
        name = variables.get("__name__", "__main__")
        if name in ("__main__", "__mp_main__"):
            name = "__main__"
        else:
            module = sys.modules.get(name)
            spec = getattr(module, "__spec__", None)
            if spec is not None and vars(module) is variables:
                return name, True
        for each in _names_used(code):
            if each in variables:
                self._global(name, each, variables, function)
        return name, False

    def _global(self, namespace, name, variables, function):
        value = variables[name]
        self._packed.note(dict.get, variables, name, value)
        if (namespace, name) in self._globals:
            return
        self._globals[namespace, name] = 0, None  # it may refer to itself
        if isinstance(value, ModuleType):
            used = set(function.__code__.co_names)
            sealed = self._seal(_Module(value, used), f"the module '{name}'")
        else:
            what = f"the global '{name}' that {function.__qualname__}() uses"
            sealed = self._seal(value, what)
        version = _version_of(namespace, name, value, sealed, self._mentioned)
        self._globals[namespace, name] = version, sealed


_NOTHING = object()


def _content_of(cell, _):
    return getattr(cell, "cell_contents", _NOTHING)


def _itself(value, _):
    return value


def _closure_of(function):
    return zip(function.__code__.co_freevars, function.__closure__ or ())


def _code_of(code):
    known = _codes.get(code)
    if known is None:
        import marshal

        content = _core.Blob(marshal.dumps(code))
        known = _codes[code] = next(_numbers), content
    return known


def _names_used(code):
    """The globals that this code uses, and that in it."""
    import dis

    names = {
        each.argval
        for each in dis.get_instructions(code)
        if each.opname in ("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL")
    }
    for constant in code.co_consts:
        if isinstance(constant, type(code)):
            names |= _names_used(constant)
    return names


class _Module:
    """A module, and those of its submodules that are used as attributes."""

    def __init__(self, module, used):
        self.name = module.__name__
        start = self.name + "."
        self.parts = tuple(
            each
            for each in list(sys.modules)
            if each.startswith(start) and used.issuperset(each[len(start) :].split("."))
        )

    def __reduce__(self):
        return load_module, (self.name, self.parts)


def _version_of(namespace, name, value, sealed, functions):
    # Its identity doesn't tell whether a list is as it was; its bytes do. They
    # name functions by their place in the pack, so these count as well.
    known = _versions.get((namespace, name))
    if known is not None:
        number, before, bytes_before, functions_before = known
        if value is before and (
            isinstance(value, FunctionType | ModuleType)
            or bytes_before == sealed
            and functions_before == functions
        ):
            return number
    number = next(_numbers)
    _versions[namespace, name] = number, value, sealed, functions
    return number


# ---- There: unpacking ----

_MOST = 1000  # functions that are kept, in case that they come again
_loaded: dict = {}  # number -> function
_loaded_codes: dict = {}  # number -> code
_set: dict = {}  # (namespace, name) -> version
_namespaces: dict = {}  # of modules that aren't imported here: name -> dict
_unpacking = None


def load(number, content):
    """The function that was packed; the same one if it has come before."""
    function = _loaded.get(number)
    if function is None:
        function = _keep(_loaded, number, _Unpacking(content.open()).run())
    return function


def item(index):
    """In what is being unpacked."""
    return _unpacking.functions[index]


def load_module(name, parts):
    for each in (name, *parts):
        __import__(each)
    return sys.modules[name]


def _keep(kept, key, value):
    kept[key] = value
    if len(kept) > _MOST:
        del kept[next(iter(kept))]
    return value


class _Unpacking:
    def __init__(self, content):
        self._parts, self._contents, self._globals = content
        self._cells = [CellType() for _ in self._contents]
        self.functions = [self._function(*part) for part in self._parts]

    def run(self):
        global _unpacking
        before, _unpacking = _unpacking, self
        try:
            self._fill()
        finally:
            _unpacking = before
        return self.functions[0]

    def _fill(self):
        for namespace, name, version, content in self._globals:
            if _set.get((namespace, name)) != version:
                _namespace(namespace, False)[name] = content.open()
                _set[namespace, name] = version
        for cell, content in zip(self._cells, self._contents):
            if content is not None:
                cell.cell_contents = content.open()
        for function, part in zip(self.functions, self._parts):
            defaults, named, attributes = part[-1].open()
            function.__defaults__, function.__kwdefaults__ = defaults, named
            function.__dict__.update(attributes)

    def _function(self, number, content, namespace, name, qualname, cells, _):
        code = _loaded_codes.get(number)
        if code is None:
            import marshal

            code = _keep(_loaded_codes, number, marshal.loads(content))
        closure = tuple(self._cells[index] for index in cells)
        function = FunctionType(code, _namespace(*namespace), name, None, closure)
        function.__qualname__ = qualname
        function.__module__ = namespace[0]
        return function


def _namespace(name, imported):
    if imported:
        __import__(name)
        return vars(sys.modules[name])
    if name == "__main__" and not _core.in_main_interpreter():
        return vars(sys.modules["__main__"])
    namespace = _namespaces.get(name)
    if namespace is None:
        import builtins

        namespace = {"__name__": name, "__builtins__": builtins}
        _namespaces[name] = namespace
    return namespace
