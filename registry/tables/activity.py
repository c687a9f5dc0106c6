"""Activity reports of study associations."""

from piccolo.table import Table

TABLES: list[type[Table]] = []
"""In an order that a restore can follow."""
