# SPDX-License-Identifier: Apache-2.0
"""download.py URL FILE: for a machine with neither curl nor wget."""

import shutil
import sys
import urllib.request


def main(url, path):
    with urllib.request.urlopen(url, timeout=10) as reply:
        with open(path, "wb") as file:
            shutil.copyfileobj(reply, file)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as error:
        sys.exit("%s: %s" % (sys.argv[1], error))
