# SPDX-License-Identifier: Apache-2.0
"""How `pip install .` builds the wheel: ./bazelw does it, for the Python that
runs this (PEP 517). The first call installs what a build needs, as any
./bazelw does; say `pip install -v .` to see it at work.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def build_wheel(
    wheel_directory: str,
    config_settings: dict | None = None,
    metadata_directory: str | None = None,
) -> str:
    _bazelw("build", "//:wheel")
    folder = Path(_bazelw("info", "bazel-bin", stdout=subprocess.PIPE).strip(), "wheel")
    (made,) = folder.glob("*.whl")
    copy = shutil.copyfile(made, Path(wheel_directory, made.name))
    copy.chmod(0o644)  # what Bazel makes is read-only
    return made.name


def build_sdist(sdist_directory: str, config_settings: dict | None = None) -> str:
    """All files that git knows."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    stem = f"{project['name']}-{project['version']}"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=_ROOT, check=True, stdout=subprocess.PIPE
    )
    with tarfile.open(Path(sdist_directory, stem + ".tar.gz"), "w:gz") as archive:
        for name in filter(None, listed.stdout.decode().split("\0")):
            archive.add(_ROOT / name, f"{stem}/{name}", recursive=False)
    return stem + ".tar.gz"


def _bazelw(*arguments: str, **options) -> str:
    done = subprocess.run(
        [_ROOT / "bazelw", *arguments],
        cwd=_ROOT,
        env={**os.environ, "TROUPE_PYTHON": _python(), "PATH": _path()},
        text=True,
        check=False,
        **options,
    )
    if done.returncode:
        sys.exit(f"./bazelw {' '.join(arguments)} failed: see above (pip -v shows all)")
    return done.stdout


def _python() -> str:
    """The interpreter outside of all virtual environments, whose headers count."""
    return getattr(sys, "_base_executable", sys.executable)


def _path() -> str:
    """Without the folders that pip puts in front, of another name each time: Bazel
    would compile everything again, as it does for each new PATH."""
    temporary = tempfile.gettempdir() + os.sep
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(one for one in folders if not one.startswith(temporary))
