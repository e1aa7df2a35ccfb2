"""Everything that leaves the machine, and everything that comes back; the only user of an HTTP client."""
