# SPDX-License-Identifier: Apache-2.0
"""A module that computes for ever when it is imported."""

import os

os.write(int(os.environ["ENDLESS_NOTES"]), b".")
while True:
    pass
