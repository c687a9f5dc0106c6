"""The demo: invented people and marked figures, loaded through the same import files as everything else."""
