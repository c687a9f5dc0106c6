"""What is due soon or late, as a list and as a calendar feed."""
