"""Agreements over the JSON API."""

from litestar import Controller

API: list[type[Controller]] = []
