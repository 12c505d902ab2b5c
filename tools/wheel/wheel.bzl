"""The wheel: a folder with one file, whose name depends on what is in it."""

def _wheel_impl(ctx):
    folder = ctx.actions.declare_directory(ctx.label.name)
    arguments = ctx.actions.args()
    arguments.add("--project", ctx.file.project)
    arguments.add("--extension", ctx.file.extension)
    arguments.add("--to", folder.path)
    arguments.add_all(ctx.files.package)
    ctx.actions.run(
        executable = ctx.executable._build_wheel,
        arguments = [arguments],
        inputs = [ctx.file.project, ctx.file.extension] + ctx.files.texts + ctx.files.package,
        outputs = [folder],
        mnemonic = "Wheel",
        use_default_shell_env = True,
    )
    return [DefaultInfo(
        files = depset([folder]),
        runfiles = ctx.runfiles(files = [folder]),
    )]

wheel = rule(
    implementation = _wheel_impl,
    attrs = {
        "extension": attr.label(allow_single_file = True, mandatory = True),
        "package": attr.label_list(allow_files = True, mandatory = True),
        "project": attr.label(allow_single_file = True, mandatory = True),
        "texts": attr.label_list(
            allow_files = True,
            doc = "Files that the project names: beside it.",
        ),
        "_build_wheel": attr.label(
            cfg = "host",
            default = "//tools/wheel:build_wheel",
            executable = True,
        ),
    },
    doc = "A wheel of the Python package, for the Python of the build.",
)
