"""SQLAlchemy Core tables, queries by subject, Alembic migrations."""
