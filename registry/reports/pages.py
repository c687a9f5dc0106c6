"""Pages of reports."""

from litestar import Controller

PAGES: list[type[Controller]] = []
