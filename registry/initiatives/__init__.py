"""Yearly editions of an initiative, and bodies that several funders keep together."""
