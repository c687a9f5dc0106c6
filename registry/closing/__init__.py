"""Closing a funder's year: what is left to do, the closing figures, and the closing itself."""
