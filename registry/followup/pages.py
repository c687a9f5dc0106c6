"""Pages of followup."""

from litestar import Controller

PAGES: list[type[Controller]] = []
