"""The version of Limner, said once."""

VERSION = "0.1.0"
