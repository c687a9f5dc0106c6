"""Pages of agreements."""

from litestar import Controller

PAGES: list[type[Controller]] = []
