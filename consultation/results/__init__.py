"""Results, read from released ballots only."""
