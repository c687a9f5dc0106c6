"""Pages of recoveries."""

from litestar import Controller

PAGES: list[type[Controller]] = []
