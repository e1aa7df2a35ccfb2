"""The native HTTP interface: routes by subject under /api/v1, problem documents, event streams."""
