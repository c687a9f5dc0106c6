"""Recommended minimum fees of cultural creators, engagements, and the check of one against the other."""
