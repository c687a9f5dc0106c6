"""The follow-up of the agreement: frames, decided, paid and unspent by area, funder and year."""
