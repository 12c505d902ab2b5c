# SPDX-License-Identifier: Apache-2.0
"""What runs first in each interpreter, and what the main one hands to others.

The C++ runtime has this file compiled in and loads it as troupe._bootstrap
before anything else. It imports only what is there from the start, because
every actor would pay for more: `io` instead of `_io` takes half a megabyte.
"""

import _io
import _thread
import atexit
import builtins
import marshal
import sys

# The level of `logging`, and whether `site` did something in the main
# interpreter that only running it again can repeat.
_log_level = "WARNING"
_run_site = False

# What a log record says when no actor is at work.
_place = "-"


# The main interpreter.


def start_main(embedded: bool, log_level: str) -> None:
    """Prepares the main interpreter; the whole of it if the program is ours,
    which a log level says."""
    global _log_level, _place
    _log_level, _place = log_level or "WARNING", "main"
    sys.modules.setdefault("__mp_main__", sys.modules["__main__"])
    if embedded:
        _start_site()
    if log_level:
        _write_whole_lines()
        _prepare_logging()


def settings() -> bytes:
    """What other interpreters take over: as the main one has it now."""
    return marshal.dumps(
        (
            [str(entry) for entry in sys.path if isinstance(entry, str)],
            [str(argument) for argument in getattr(sys, "argv", [])],
            _main_script(),
            _log_level,
            _run_site,
        )
    )


def _start_site() -> None:
    # Interpreters are initialised without `site`: it takes a third of the time
    # and memory of a new one. What it finds is in sys.path, which is handed
    # on; but a .pth file may have installed an import hook (as "editable"
    # packages do), and that has to be done in each.
    global _run_site
    import site

    before = len(sys.meta_path), len(sys.path_hooks)
    site.main()
    _run_site = before != (len(sys.meta_path), len(sys.path_hooks))


def _main_script() -> tuple[str, str] | None:
    """Where an actor finds what is defined in this program's __main__."""
    main = sys.modules.get("__main__")
    if main is None:
        return None
    if main.__name__ != "__main__":
        return "import", main.__name__
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        # A package's __main__.py has no guard against being run again.
        runs_once = spec.name.rpartition(".")[2] == "__main__"
        return None if runs_once else ("module", spec.name)
    path = getattr(main, "__file__", None)
    if path is None:
        return None
    import os.path

    return "path", os.path.abspath(path)


# The others.


def start(blob: bytes) -> None:
    """Makes a new interpreter what users expect of one."""
    renew(blob)
    if _run_site:
        import site

        site.main()
    elif not hasattr(builtins, "exit"):
        _add_builtins()
    _write_whole_lines()
    _prepare_logging()
    empty_main()
    try:
        import troupe  # noqa: F401  (so that it is there in a warm one)
    except ModuleNotFoundError as error:
        if error.name != "troupe":
            raise


def renew(blob: bytes) -> None:
    """Takes over what settings() returned."""
    global _script, _log_level, _run_site
    sys.path[:], sys.argv, _script, _log_level, _run_site = marshal.loads(blob)


def _add_builtins() -> None:
    import _sitebuiltins

    for name in ("quit", "exit"):
        quitter = _sitebuiltins.Quitter(name, "Ctrl-D (i.e. EOF)")
        setattr(builtins, name, quitter)
    builtins.help = _sitebuiltins._Helper()


# __main__: the program's script, as multiprocessing's spawn has it. It is run
# when something in it is asked for, under a name that keeps what is guarded by
# `if __name__ == "__main__"` from running.

_script = None


def empty_main() -> None:
    """There is nothing in __main__ until something in it is asked for."""
    main = sys.modules.get("__mp_main__", sys.modules["__main__"])
    vars(main).clear()
    vars(main).update(
        __name__="__main__",
        __doc__=None,
        __package__=None,
        __loader__=None,
        __spec__=None,
        __builtins__=builtins,
        __getattr__=_attribute_of_main,
    )
    sys.modules["__main__"] = sys.modules["__mp_main__"] = main


def load_main() -> None:
    """Runs the program's script as this interpreter's __main__, once."""
    main = sys.modules["__main__"]
    if "__getattr__" not in vars(main):
        return
    if _script is None:
        raise AttributeError(
            "what an interactive session or a package's __main__.py defines "
            "can't be used in an actor: put it in a module"
        )
    how, where = _script
    del main.__getattr__  # whatever the script asks of __main__ is not there yet
    try:
        if how == "import":
            import importlib

            sys.modules["__main__"] = importlib.import_module(where)
        else:
            _run_script(main, how, where)
    except BaseException:
        main.__getattr__ = _attribute_of_main
        raise


def _run_script(main, how: str, where: str) -> None:
    if how == "module":
        from importlib.util import find_spec

        spec = find_spec(where)
        code = spec.loader.get_code(where)
        main.__package__, main.__file__ = spec.parent, spec.origin
    else:
        with _io.open_code(where) as file:
            code = compile(file.read(), where, "exec")
        main.__file__ = where
    main.__name__ = "__mp_main__"
    exec(code, vars(main))


def _attribute_of_main(name: str):
    if not name.startswith("__"):
        load_main()
        main = sys.modules["__main__"]
        if name in vars(main):
            return getattr(main, name)
    raise AttributeError(f"module '__main__' has no attribute {name!r}")


# Output: several interpreters write to the same descriptors.


class LineStream(_io.TextIOWrapper):
    """Writes out when a line is complete: a print() call is one write(2)."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if text[-1:] == "\n":
            self.flush()
        return written


class UnbufferedLineStream(LineStream):
    """The same where PYTHONUNBUFFERED is set: print(x, end="") doesn't wait."""

    def write(self, text: str) -> int:
        written = super().write(text)
        if not text:  # what print() writes at its end then
            self.flush()
        return written


def _write_whole_lines() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if type(stream) is _io.TextIOWrapper:  # None: no such descriptor
            kind = UnbufferedLineStream if stream.write_through else LineStream
            encoding, errors = stream.encoding, stream.errors
            lines = kind(stream.detach(), encoding, errors, newline="\n")
            lines.mode = "w"
            setattr(sys, name, lines)
            setattr(sys, f"__{name}__", lines)


# logging, from the moment that the user imports it. What a program prints that
# doesn't configure logging goes through `lastResort`; replacing that leaves a
# basicConfig() of the user's to work as if nothing had happened.


class _LoggingFinder:
    """On sys.meta_path until `logging` is imported."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(_LoggingFinder)
        found = (each.find_spec(name, path, target) for each in sys.meta_path)
        spec = next(filter(None, found), None)
        if spec is not None:
            execute = spec.loader.exec_module

            def execute_and_configure(module):
                execute(module)
                _configure_logging(module)

            spec.loader.exec_module = execute_and_configure
        return spec


def _prepare_logging() -> None:
    if "logging" in sys.modules:
        _configure_logging(sys.modules["logging"])
    else:
        sys.meta_path.insert(0, _LoggingFinder)


def _configure_logging(logging) -> None:
    class Formatter(logging.Formatter):
        def format(self, record):
            record.actor = _actor_name()
            return super().format(record)

    handler = type(logging.lastResort)(_log_level)
    handler.setFormatter(
        Formatter("%(levelname)s [%(actor)s] %(name)s: %(message)s")
    )
    logging.lastResort = handler
    logging.getLogger().setLevel(_log_level)


def _actor_name() -> str:
    try:
        return sys.modules["troupe"].context.name
    except Exception:  # outside a handler, or outside an actor
        return _place


# The end.

_DAEMON_GRACE = 0.1  # seconds, for threads that are about to end by themselves


def finish() -> bool:
    """What an interpreter does last. False: threads of its own still run."""
    # Imports nothing: a handler that was killed while it imported something may
    # have left the import lock taken.
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()
    _free_locks()
    atexit._run_exitfuncs()
    if _thread._count() and threading is not None:
        _join_daemons(threading)
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # the reader is gone, or it was closed
            pass
    return _thread._count() == 0


def _free_locks() -> None:
    # A handler that was killed in `with lock:` may have left it locked, and
    # logging takes its own ones once more at exit.
    logging = sys.modules.get("logging")
    renew = getattr(logging, "_after_at_fork_child_reinit_locks", None)
    if renew is not None:
        renew()


def _join_daemons(threading) -> None:
    import time

    end = time.monotonic() + _DAEMON_GRACE
    for thread in threading.enumerate():
        if thread.daemon:
            try:
                thread.join(max(0.0, end - time.monotonic()))
            except RuntimeError:  # one that Python didn't start, such as this
                pass
