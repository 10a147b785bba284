"""WHAT: pages, drafts, sealed ballots, release. Never a name, an address, a date or an order."""
