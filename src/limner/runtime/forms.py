"""Forms as they come in: read whole and as UTF-8, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import Request

from limner.domain.errors import UsageError

LONGEST_FIELD = 1_000_000
"""Bytes of one field; files are as long as the body may be."""
WITH_FILES = b"multipart/form-data"
PLAIN = b"application/x-www-form-urlencoded"
READABLE = frozenset({b"utf-8", b"utf8", b"us-ascii", b"ascii"})


class MalformedForm(UsageError):
    """The form is not one, is cut short, or holds more than its route reads."""

    code = "malformed_form"


@asynccontextmanager
async def read_form(request: Request, *, files: int, fields: int) -> AsyncIterator[FormData]:
    """The form in a request's body, whose files are closed at the end; empty for a body of another kind.

    At most so many files and fields, each field of at most `LONGEST_FIELD` bytes. Raises MalformedForm.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type"))
    try:
        async with aclosing(request.stream()) as stream:
            form = FormData()
            if kind == WITH_FILES:
                if parameters.get(b"charset", b"utf-8").lower() not in READABLE:
                    raise MultiPartException("It is read as UTF-8; leave the charset out of Content-Type.")
                parser = _Whole(
                    request.headers, stream, max_files=files, max_fields=fields, max_part_size=LONGEST_FIELD
                )
                form = await parser.parse()
            elif kind == PLAIN:
                form = await FormParser(request.headers, stream, max_fields=fields, max_part_size=LONGEST_FIELD).parse()
    except MultiPartException as error:
        raise MalformedForm(f"The form cannot be read. {error.message}") from None
    try:
        yield form
    finally:
        await form.close()


class _Whole(MultiPartParser):
    """Starlette's parser (1.3) drops a last part that is cut short, takes the body's word for how its text is encoded,
    and reads what is not in that as Latin-1: a mask might be missing then, or a prompt be another one.
    """

    ended = False

    def on_end(self) -> None:
        """The last boundary has come."""
        self.ended = True

    def on_part_end(self) -> None:
        """A part has ended. Raises MultiPartException for a field that is not UTF-8."""
        if self._current_part.file is None:
            try:
                self._current_part.data.decode()
            except UnicodeDecodeError:
                raise MultiPartException("A field of it is not UTF-8.") from None
        super().on_part_end()

    async def parse(self) -> FormData:
        """The form. Raises MultiPartException for a body that ends before its form does."""
        form = await super().parse()
        if not self.ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("It is cut short: its last boundary is missing.")
        return form
