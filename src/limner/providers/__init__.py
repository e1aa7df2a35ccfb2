"""One adapter for each wire format: turns a call into a service's request and its answer into pictures."""
