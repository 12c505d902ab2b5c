# SPDX-License-Identifier: Apache-2.0
"""Makes an interpreter ready for another actor; for tests, see troupe.testing.

The program's own modules go, and are loaded anew by the next actor. The standard
library and installed packages stay: to load them again takes long, and some of
them can't be.
"""

import gc
import sys

_INSTALLED = ("site-packages", "dist-packages")

_washes = 0


def wash() -> bool:
    """False: this interpreter can't be used again."""
    import _thread

    if _thread._count():
        return False
    _run_exit_functions()
    _reset_logging()
    _forget_futures()
    _forget_modules()
    _reset_main()
    _flush()
    global _washes
    _washes += 1
    if _washes % 8 == 0:
        gc.collect()  # classes and functions of modules are cycles
    return True


def _run_exit_functions() -> None:
    import atexit

    atexit._run_exitfuncs()


def _forget_modules() -> None:
    for name in list(sys.modules):
        if not _stays(name, sys.modules[name]):
            module = sys.modules.pop(name)
            parent, _, child = name.rpartition(".")
            if parent in sys.modules:
                vars(sys.modules[parent]).pop(child, None)
            vars(module).clear()  # frees most of it at once


def _stays(name: str, module: object) -> bool:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names or top in ("troupe", "__main__", "__mp_main__"):
        return True
    spec = getattr(module, "__spec__", None)
    place = getattr(spec, "origin", None) or ""
    return any(folder in place for folder in _INSTALLED)


def _forget_futures() -> None:
    futures = sys.modules.get("troupe._futures")
    if futures is not None:
        futures._actor_places.clear()
        vars(futures)["_loop_places"] = None


def _reset_main() -> None:
    from troupe import _bootstrap

    _bootstrap.empty_main()


def _reset_logging() -> None:
    logging = sys.modules.get("logging")
    if logging is None:
        return
    loggers = list(logging.Logger.manager.loggerDict.values())
    for logger in [logging.getLogger(), *loggers]:
        if isinstance(logger, logging.Logger):
            logger.handlers.clear()
            logger.filters.clear()
            logger.setLevel(logging.NOTSET)
            logger.propagate, logger.disabled = True, False
    from troupe import _bootstrap

    logging.getLogger().setLevel(_bootstrap._log_level)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # the reader is gone, or it was closed
            pass
