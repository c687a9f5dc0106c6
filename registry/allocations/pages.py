"""Pages of allocations."""

from litestar import Controller

PAGES: list[type[Controller]] = []
