"""Pages of reminders."""

from litestar import Controller

PAGES: list[type[Controller]] = []
