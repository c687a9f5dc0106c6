"""Activity reports of study associations: yearly aggregates by association and kommun, in versions."""
