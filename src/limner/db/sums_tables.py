"""The tables of sums by day, from which stretches of time are read."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table

from limner.db.tables import Key, metadata

# What `ledger_entries` and `generation_outcomes` add up to, day by day in UTC. They are added to in the transaction
# that writes the row, so that they are never behind; `limner doctor` compares them.
daily_bookings = Table(
    "daily_bookings",
    metadata,
    Column("date", Key, primary_key=True),
    Column("user_id", Key, primary_key=True),
    Column("project", Key, primary_key=True),
    Column("provider", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("pictures", Integer, nullable=False),
    Column("bookings", Integer, nullable=False),
    Column("cost_micro", BigInteger, nullable=False),
    Column("unpriced", Integer, nullable=False),
    sqlite_with_rowid=False,
)
# `took_ms` is rounded, so that there are a few hundred different ones for each model; -1 where nothing was timed.
daily_outcomes = Table(
    "daily_outcomes",
    metadata,
    Column("date", Key, primary_key=True),
    Column("user_id", Key, primary_key=True),
    Column("project", Key, primary_key=True),
    Column("model", Key, primary_key=True),
    Column("code", Key, primary_key=True),
    Column("fell_from", Key, primary_key=True),
    Column("because", Key, primary_key=True),
    Column("took_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("calls", Integer, nullable=False),
    Column("pictures", Integer, nullable=False),
    sqlite_with_rowid=False,
)
