"""Pages of activity."""

from litestar import Controller

PAGES: list[type[Controller]] = []
