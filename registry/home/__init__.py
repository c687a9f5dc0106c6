"""The home page of each role: what needs this user, and the way to everything else."""
