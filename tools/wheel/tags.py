# SPDX-License-Identifier: Apache-2.0
"""What a wheel's name promises: for which Python, machine and C library.

The last is read from the extension module itself: manylinux_2_34 says that each
of its symbols is there in a glibc 2.34, and that it needs no library which a
Linux with that might not have (PEP 600).
"""

import os
import re
import sys
import sysconfig

# Of those that PEP 600's policies allow, what a program in C++ may come to need.
_EVERYWHERE = {
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
}

_OLDEST = {"x86_64": (2, 5)}  # glibc of the oldest policy; newer machines: 2.17


class NotPortable(Exception):
    """The extension module needs what isn't everywhere."""


def python_tag() -> str:
    return f"cp{sys.version_info.major}{sys.version_info.minor}"


def extension_suffix() -> str:
    """As in `_core.cpython-314-x86_64-linux-gnu.so`: another Python passes by."""
    return sysconfig.get_config_var("EXT_SUFFIX")


def platform_tag(extension: bytes) -> str:
    """manylinux_X_Y_MACHINE for the bytes of an ELF file."""
    _refuse_others(extension)
    machine = os.uname().machine
    needed = [*glibc_versions(extension), _OLDEST.get(machine, (2, 17))]
    major, minor = max(needed)
    return f"manylinux_{major}_{minor}_{machine}"


def glibc_versions(extension: bytes) -> list[tuple[int, int]]:
    """The versions of glibc's symbols that it refers to."""
    found = re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?=[\0.])", extension)
    return [(int(major), int(minor)) for major, minor in found]


def libraries(extension: bytes) -> set[str]:
    """The names of libraries in it (all strings that look like one)."""
    found = re.findall(rb"(?<=\0)lib[\w+-]+\.so[.\d]*(?=\0)", extension)
    return {name.decode() for name in found}


def _refuse_others(extension: bytes) -> None:
    others = libraries(extension) - _EVERYWHERE
    if others:
        raise NotPortable(
            f"the extension module needs {', '.join(sorted(others))}, which isn't on "
            "every Linux: link it statically"
        )
