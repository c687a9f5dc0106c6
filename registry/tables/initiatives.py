"""Initiatives, their editions, events, budgets and agreed shares."""

from piccolo.table import Table

TABLES: list[type[Table]] = []
"""In an order that a restore can follow."""
