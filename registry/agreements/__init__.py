"""The agreement between region and kommun and its priority areas."""
