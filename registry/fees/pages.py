"""Pages of fees."""

from litestar import Controller

PAGES: list[type[Controller]] = []
