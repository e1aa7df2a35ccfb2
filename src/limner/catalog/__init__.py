"""Facts about services and models, as data: one TOML file for each service."""
