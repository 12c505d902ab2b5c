"""Makes a library with compiled parts, for the CPython in use, an external
repository: pip installs it there when something that needs it is built."""

_BUILD = """\
filegroup(
    name = "{name}",
    srcs = glob(["**"], exclude = ["BUILD.bazel", "WORKSPACE", "**/tests/**"]),
    visibility = ["//visibility:public"],
)
"""

_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"

def _python_version(ctx):
    python = ctx.os.environ.get("TROUPE_PYTHON") or "python3"
    return ctx.execute([python, "-E", "-s", "-c", _VERSION]).stdout.strip()

def _pip_repository_impl(ctx):
    done = ctx.execute([
        "/usr/bin/python3",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
        "--implementation=cp",
        "--python-version=" + _python_version(ctx),
        "--target=.",
    ] + ctx.attr.requirements)
    if done.return_code:
        # Whatever needs it says so; the rest of the project does without.
        ctx.file("MISSING.txt", done.stderr)
        print("{} can't be installed; what needs it won't run: {}".format(
            ", ".join(ctx.attr.requirements),
            done.stderr.strip(),
        ))
    ctx.file("BUILD.bazel", _BUILD.format(name = ctx.name))

pip_repository = repository_rule(
    implementation = _pip_repository_impl,
    attrs = {"requirements": attr.string_list(mandatory = True)},
    doc = """Installs packages from pip's index.

The target has the name of the repository. If pip can't, it has nothing but a
file MISSING.txt, with pip's words.
""",
    environ = ["TROUPE_PYTHON"],
)
