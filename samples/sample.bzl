"""A sample in Python: `bazel run` starts it in the launcher."""

def troupe_sample(name, main, srcs, data = [], deps = []):
    """A program that runs `troupe run main ARGS...`.

    Args:
      name: of the program
      main: the file with main(system, args)
      srcs: the actors' modules, and others of the same folder
      data: more files that are needed at run time
      deps: external Python libraries, such as @tqdm//:tqdm, whose modules are
        at the top of their repository
    """
    libraries = [dep[1:].partition("//")[0] for dep in deps]
    placeholders = {
        "LIBRARIES": " ".join(libraries),
        "MAIN": "{}/{}".format(native.package_name(), main),
        "WORKSPACE": "troupe",
    }
    native.genrule(
        name = name + "_script",
        srcs = ["//samples:launch.sh"],
        outs = [name + ".sh"],
        cmd = "sed {} $< > $@".format(" ".join([
            "-e 's|@{}@|{}|g'".format(*item)
            for item in placeholders.items()
        ])),
    )
    native.sh_binary(
        name = name,
        srcs = [name + ".sh"],
        data = [main, "//pybridge:troupe"] + srcs + data + deps,
        visibility = ["//bench:__subpackages__", "//tests:__subpackages__"],
    )
