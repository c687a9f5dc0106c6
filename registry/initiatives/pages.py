"""Pages of initiatives."""

from litestar import Controller

PAGES: list[type[Controller]] = []
