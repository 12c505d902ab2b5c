# SPDX-License-Identifier: Apache-2.0
"""The system that the launcher runs a program with, while it does."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from troupe._core import System

system: "System | None" = None
