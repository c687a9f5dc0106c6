"""Dividing a frame among study associations by a rule: simulate, freeze, decide for all at once."""
