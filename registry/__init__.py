"""The grant registry of a region and a kommun: decisions, payments, statements and summaries."""

__version__ = "1.1.0"
