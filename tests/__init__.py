"""The tests, mirroring registry/."""
