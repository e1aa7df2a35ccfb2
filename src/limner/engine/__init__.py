"""Decisions: what to do with a request, in which order, under which hold. No I/O of its own."""
