"""What a worker is asked about itself; this module loads no more than a worker does."""

import json
import sys
from pathlib import Path

from registry.statements.render import render_statement
from registry.statements.schemas import StatementDocument

DATABASE = ("asyncpg", "piccolo", "registry.database", "registry.tables")


def held(document: StatementDocument) -> bytes:
    """After rendering a document: the loaded modules that reach a database, and the open sockets."""
    render_statement(document)
    modules = [name for name in sys.modules if name.startswith(DATABASE)]
    return json.dumps([modules, sorted(sockets())]).encode()


def sockets() -> set[str]:
    """The open sockets of this process."""
    open_files = (path.readlink().as_posix() for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
    return {name for name in open_files if name.startswith("socket:")}
