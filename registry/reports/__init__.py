"""Accounting reports (redovisning) that a grant demands: due, received, reviewed, approved or returned."""
