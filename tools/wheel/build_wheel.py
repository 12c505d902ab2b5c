# SPDX-License-Identifier: Apache-2.0
"""Puts the wheel together: build_wheel.py --project pyproject.toml --to FOLDER
--extension _core.so FILES..., run by the Python that the wheel is for.

Two builds of the same thing make the same bytes.
"""

import argparse
import base64
import csv
import hashlib
import io
import os
import sys
import tomllib
import zipfile
from pathlib import Path

import tags

PACKAGE = "pybridge/python/"  # what comes before troupe/ in a file's path


class Wheel:
    """A .whl file that is being written."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
        self._record: list[tuple[str, str, int | str]] = []

    def add(self, name: str, content: bytes, mode: int = 0o644) -> None:
        info = zipfile.ZipInfo(name)  # of 1980: the same each time
        info.external_attr = (0o100000 | mode) << 16
        info.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(info, content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
        self._record.append((name, f"sha256={digest.decode().rstrip('=')}", len(content)))

    def close(self, record: str) -> None:
        """Writes the list of all files, under the name `record`."""
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows([*self._record, (record, "", "")])
        self._zip.writestr(zipfile.ZipInfo(record), lines.getvalue())
        self._zip.close()


def metadata(project: dict, readme: str) -> str:
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", project["name"]),
        ("Version", project["version"]),
        ("Summary", project["description"]),
        ("Keywords", ",".join(project["keywords"])),
        ("License-Expression", project["license"]),
        *(("License-File", name) for name in project["license-files"]),
        *(("Classifier", each) for each in project["classifiers"]),
        ("Requires-Python", project["requires-python"]),
        ("Description-Content-Type", "text/markdown"),
    ]
    return "".join(f"{key}: {value}\n" for key, value in fields) + "\n" + readme


def entry_points(project: dict) -> str:
    lines = [f"{name} = {target}" for name, target in project["scripts"].items()]
    return "\n".join(["[console_scripts]", *lines, ""])


def wheel_file(tag: str) -> str:
    return f"Wheel-Version: 1.0\nGenerator: troupe\nRoot-Is-Purelib: false\nTag: {tag}\n"


def in_package(file: str) -> str:
    """The name in the wheel of a file of the package."""
    return file[file.index(PACKAGE) + len(PACKAGE) :]


def build(arguments: argparse.Namespace) -> Path:
    root = arguments.project.parent
    project = tomllib.loads(arguments.project.read_text())["project"]
    extension = arguments.extension.read_bytes()
    tag = f"{tags.python_tag()}-{tags.python_tag()}-{tags.platform_tag(extension)}"
    stem = f"{project['name']}-{project['version']}"
    path = arguments.to / f"{stem}-{tag}.whl"
    wheel = Wheel(path)
    for file in sorted(arguments.files):
        wheel.add(in_package(file), Path(file).read_bytes())
    wheel.add("troupe/_core" + tags.extension_suffix(), extension, 0o755)
    info = f"{stem}.dist-info"
    readme = (root / project["readme"]).read_text()
    wheel.add(f"{info}/METADATA", metadata(project, readme).encode())
    wheel.add(f"{info}/WHEEL", wheel_file(tag).encode())
    wheel.add(f"{info}/entry_points.txt", entry_points(project).encode())
    for name in project["license-files"]:
        wheel.add(f"{info}/licenses/{name}", (root / name).read_bytes())
    wheel.close(f"{info}/RECORD")
    return path


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--extension", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("files", nargs="+")
    try:
        build(parser.parse_args())
    except tags.NotPortable as error:
        sys.exit(f"build_wheel.py: {error}")


if __name__ == "__main__":
    os.umask(0o022)
    main()
