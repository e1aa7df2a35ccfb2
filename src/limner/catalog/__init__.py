"""Facts about services and models, as data: one TOML file for each service."""

from limner.catalog.loader import load_catalog
from limner.catalog.lookup import TomlCatalog

__all__ = ["TomlCatalog", "load_catalog"]
