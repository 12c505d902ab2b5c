# SPDX-License-Identifier: Apache-2.0
"""Tells whether Troupe can be built with the Python that runs this file.

Prints `key=value` lines. `verdict` is "good", "usable" (but second-rate) or
"refused"; the last two come with a `reason` and a `remedy`. All are described
by `version`, `executable`, `prefix` and the like; one that is not refused also
by either `static_library` or `shared_library`, with `link_flags`.

Must run in any Python, 2.7 included, to be able to refuse it.
"""

import os
import sys
import sysconfig

OLDEST = (3, 13)
TARGET = (3, 14)


def dotted(version):
    return ".".join(str(part) for part in version)


def library(variable):
    """The libpython: ("static" or "shared", path), or None."""
    shared = variable("Py_ENABLE_SHARED")
    name = variable("INSTSONAME") if shared else variable("LIBRARY")
    folders = (
        variable("LIBDIR"),
        variable("LIBPL"),
        os.path.join(sys.prefix, "lib"),
    )
    for folder in folders:
        if name and folder and os.path.isfile(os.path.join(folder, name)):
            kind = "shared" if shared else "static"
            return kind, os.path.join(folder, name)
    return None


def link_flags(variable):
    """What a program that contains libpython needs besides."""
    flags = []
    for name in ("MODLIBS", "LIBS", "SYSLIBS"):
        for flag in (variable(name) or "").split():
            if flag.startswith("-l") and flag not in flags:
                flags.append(flag)
    return flags


def refusal(facts, variable):
    """Why this Python can't be used, as (reason, remedy), or None."""
    newer = "name a CPython %s or newer" % dotted(TARGET)
    if facts["implementation"] != "cpython":
        return "it is %s, not CPython" % facts["implementation"], newer
    if sys.version_info[:2] < OLDEST:
        return (
            "it is Python %s, and Troupe needs %s or newer"
            % (facts["version"], dotted(OLDEST)),
            newer,
        )
    if variable("Py_GIL_DISABLED"):
        return (
            "it is a free-threaded build, which has no GIL per interpreter",
            "name the ordinary build of the same version",
        )
    if not os.path.isfile(os.path.join(facts["include"], "Python.h")):
        return (
            "its headers are not installed (no Python.h in %s)"
            % facts["include"],
            "install its development package (such as python%s-dev)"
            % dotted(sys.version_info[:2]),
        )
    if library(variable) is None:
        return (
            "its libpython is not installed (%s or %s)"
            % (variable("LIBRARY"), variable("INSTSONAME")),
            "install its development package, or one built from source",
        )
    return None


def reservation(facts, variable):
    """What is second-rate about this Python and the remedy, or None."""
    release = "use a release of %s or newer" % dotted(TARGET)
    if sys.version_info[:2] < TARGET:
        return (
            "Python %s loses memory with each interpreter that ends"
            % facts["version"],
            release,
        )
    if sys.version_info[3] != "final":
        return "it is a pre-release (%s)" % sys.version.split()[0], release
    if variable("Py_DEBUG"):
        return "it is a debug build, which is slow", release
    return None


def describe():
    implementation = getattr(sys, "implementation", None)
    return {
        "implementation": implementation.name if implementation else "cpython",
        "version": dotted(sys.version_info[:3]),
        "executable": sys.executable,
        "base_executable": getattr(sys, "_base_executable", sys.executable),
        "prefix": getattr(sys, "base_prefix", sys.prefix),
        "include": sysconfig.get_path("include"),
    }


def probe(variable=sysconfig.get_config_var):
    facts = describe()
    refused = refusal(facts, variable)
    if refused:
        facts["verdict"] = "refused"
        facts["reason"], facts["remedy"] = refused
        return facts
    kind, path = library(variable)
    facts[kind + "_library"] = path
    facts["link_flags"] = " ".join(link_flags(variable))
    facts["verdict"] = "good"
    reserved = reservation(facts, variable)
    if reserved:
        facts["verdict"] = "usable"
        facts["reason"], facts["remedy"] = reserved
    return facts


if __name__ == "__main__":
    for key, value in sorted(probe().items()):
        print("%s=%s" % (key, value))
