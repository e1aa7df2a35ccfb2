"""One thread's connection and the transactions over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from sqlalchemy import Connection, Engine

from limner.db.failures import Errors, driver_errors, explain

Result = TypeVar("Result")


class Task(Protocol):
    """Something to be done in a transaction, and somebody who waits for it."""

    def alone(self, seat: Seat) -> None:
        """Does it in a transaction of its own and reports."""
        ...

    def among_others(self, connection: Connection) -> Callable[[], None]:
        """Does it within a transaction; what comes back reports, to be called once that is committed."""
        ...


class Seat:
    """A connection that is opened when it is first needed, and again when it was lost."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self._place = place
        self._errors = driver_errors(engine.dialect)
        self._broken: Errors = (*self._errors, _LostBeforeCommit)
        self._connection: Connection | None = None

    def transact(self, work: Callable[[Connection], Result]) -> Result:
        """Runs `work` in one transaction. Raises StorageError for whatever the database does."""
        try:
            try:
                return self._commit(work)
            except _LostBeforeCommit:
                # The server went away and rolled back; a second try meets a new connection or the real error.
                return self._commit(work)
        except _LostBeforeCommit as lost:
            raise explain(lost.error, self._place) from lost.error
        except self._errors as error:
            raise explain(error, self._place) from error

    def transact_together(self, tasks: Sequence[Task]) -> None:
        """Runs several tasks in one transaction, each as if it were alone: one that fails takes none with it.

        Reaching the disk is most of what a small transaction costs, and this does it once for all of them. Should the
        transaction itself fail, each is carried out on its own.
        """
        try:
            reports = self._commit(lambda connection: [task.among_others(connection) for task in tasks])
        except self._broken:
            for task in tasks:
                task.alone(self)
        else:
            for report in reports:
                report()

    def close(self) -> None:
        """Closes the connection, if there is one."""
        if self._connection is not None:
            with suppress(*self._errors):  # it is being thrown away
                self._connection.close()
            self._connection = None

    def _commit(self, work: Callable[[Connection], Result]) -> Result:
        connection = self._connection
        if connection is None:
            connection = self._connection = self._engine.connect()
        try:
            transaction = connection.begin()
            result = work(connection)
        except BaseException as error:
            if self._abandon(connection):
                raise _LostBeforeCommit(error) from error
            raise
        try:
            transaction.commit()
        except BaseException:
            self._abandon(connection)
            raise
        return result

    def _abandon(self, connection: Connection) -> bool:
        """Rolls back; whether the connection turned out to be lost."""
        try:
            connection.rollback()
            lost = bool(getattr(connection.connection.dbapi_connection, "closed", False))
        except self._errors:
            lost = True
        if lost:
            connection.invalidate()
            self.close()
        return lost


class _LostBeforeCommit(Exception):
    """The connection broke while nothing was committed."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error
