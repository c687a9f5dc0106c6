"""Recovery claims: money that a recipient has to pay back, tied to a condition of the decision."""
