"""Makes CPython an external repository: headers, libpython, a py_runtime.

The interpreter is the one that the environment variable TROUPE_PYTHON names
(./bazelw sets it for the build), else a python3.14 or python3 on the PATH.
"""

_BUILD = """\
load("@bazel_tools//tools/python:toolchain.bzl", "py_runtime_pair")

package(default_visibility = ["//visibility:public"])

cc_library(
    name = "headers",
    hdrs = glob(["include/**/*.h"]),
    includes = ["include"],
)

cc_library(
    name = "libpython",
    linkopts = {linkopts},
    deps = {deps},
)

# Paths and version of this CPython, as macros.
cc_library(
    name = "config",
    hdrs = ["troupe_python_config.hpp"],
    includes = ["."],
)

py_runtime(
    name = "runtime",
    interpreter_path = "{executable}",
    python_version = "PY3",
    stub_shebang = "#!/usr/bin/env python3",
)

py_runtime_pair(
    name = "runtime_pair",
    py3_runtime = ":runtime",
)

toolchain(
    name = "toolchain",
    toolchain = ":runtime_pair",
    toolchain_type = "@bazel_tools//tools/python:toolchain_type",
)
"""

# Whole: an extension module may need any function of the C API, also one that
# no part of the program calls.
_STATIC_LIBRARY = """
cc_import(
    name = "static_libpython",
    alwayslink = True,
    static_library = "libpython.a",
)
"""

_CONFIG = """\
// Which CPython Troupe was built with (generated).
#pragma once
#define TROUPE_PYTHON_EXECUTABLE "{executable}"
#define TROUPE_PYTHON_PREFIX "{prefix}"
#define TROUPE_PYTHON_VERSION "{version}"
"""

def _interpreter(ctx):
    named = ctx.os.environ.get("TROUPE_PYTHON")
    if named:
        return named
    found = ctx.which("python3.14") or ctx.which("python3")
    if not found:
        fail("No Python found. Set TROUPE_PYTHON, or run ./bazelw instead.")
    return str(found)

def _probe(ctx, interpreter):
    result = ctx.execute([interpreter, "-E", "-s", "-B", ctx.path(ctx.attr.probe)])
    if result.return_code:
        fail("Can't run {}: {}".format(interpreter, result.stderr))
    facts = {}
    for line in result.stdout.splitlines():
        key, _, value = line.partition("=")
        facts[key] = value
    if facts["verdict"] == "refused":
        fail("Can't use {interpreter}: {reason}. Remedy: {remedy}.".format(
            interpreter = interpreter,
            **facts
        ))
    return facts

def _linking(ctx, facts):
    """The part of the BUILD file that depends on the kind of libpython."""
    linkopts = facts["link_flags"].split(" ") + ["-lpthread", "-lutil"]
    if "static_library" in facts:
        ctx.symlink(facts["static_library"], "libpython.a")
        return _STATIC_LIBRARY, struct(
            linkopts = ["-Wl,--export-dynamic"] + linkopts,
            deps = [":headers", ":static_libpython"],
        )
    folder, _, name = facts["shared_library"].rpartition("/")
    library = ["-L" + folder, "-l:" + name, "-Wl,-rpath," + folder]
    return "", struct(linkopts = library + linkopts, deps = [":headers"])

def _python_repository_impl(ctx):
    facts = _probe(ctx, _interpreter(ctx))
    extra, linking = _linking(ctx, facts)
    ctx.symlink(facts["include"], "include")
    ctx.file("troupe_python_config.hpp", _CONFIG.format(**facts), False)
    ctx.file("BUILD.bazel", _BUILD.format(
        linkopts = repr(linking.linkopts),
        deps = repr(linking.deps),
        executable = facts["executable"],
    ) + extra, False)

python_repository = repository_rule(
    implementation = _python_repository_impl,
    attrs = {
        "probe": attr.label(
            default = "//tools/python:probe.py",
            allow_single_file = True,
        ),
    },
    doc = "CPython, as TROUPE_PYTHON names it.",
    environ = ["TROUPE_PYTHON"],
    local = True,
)
