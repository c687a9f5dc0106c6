"""Values that every slice speaks: money, periods, numbers, access and errors. No I/O."""
