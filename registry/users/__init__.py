"""Users: who may log in, how, and their tokens."""
