"""One photo's way from the update to its answer, through the database, which is the only truth."""
