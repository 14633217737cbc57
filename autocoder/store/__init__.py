"""A project at rest: a folder with ``autocoder.toml`` and a database. The only SQL of the package.

SQLite by default, in write-ahead mode with foreign keys on; writers take their lock at once and wait for one another.
Reading never changes the study; a write is one transaction, all or nothing.
"""

from autocoder.store.database import BUSY_MILLISECONDS, ProjectFault
from autocoder.store.study import (
    DATABASE,
    Addition,
    CoderCount,
    FileRead,
    Margin,
    MarginFixed,
    Store,
    Summary,
    Then,
    create,
    open_project,
)

__all__ = [
    "BUSY_MILLISECONDS",
    "DATABASE",
    "Addition",
    "CoderCount",
    "FileRead",
    "Margin",
    "MarginFixed",
    "ProjectFault",
    "Store",
    "Summary",
    "Then",
    "create",
    "open_project",
]
