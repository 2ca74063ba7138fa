"""Expected failures of commands: one sentence on standard error and an exit code, without a traceback."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, Final, NoReturn

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.cli.errors import RequestFailed
from clearway_platform.database.schema import SchemaTooNew
from clearway_platform.log.base import BrokerError
from clearway_platform.process.listening import CannotListen
from clearway_platform.process.mounts import MountClash
from clearway_platform.settings import UnusableSetting

FAILED: Final = 1
CANNOT_BEGIN: Final = 2

_DATABASE_SAYS: Final = {
    "no such table": "The database has no tables yet. Run `clearway migrate`.",
    "does not exist": "The database or its tables do not exist. Check the address, and run `clearway migrate`.",
    "not a database": "A file of the data folder is not a Clearway database. Move it or choose another folder.",
    "disk is full": "The disk is full. Free some space, then start again.",
    "readonly database": "The database is read-only for this user. Give the user write access, or choose another one.",
    "unable to open database file": "The database file cannot be opened. Check the folder and its permissions.",
    "password authentication failed": "The database refuses the user or its password. Check the database's URL.",
    "database is locked": "Another process uses the database. Stop that process first.",
}


class Commands(TyperGroup):
    """Commands that end with a sentence instead of a traceback after an expected failure."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            close_output()
            raise typer.Exit(0) from None
        except Exception as error:
            sentence = explain(error)
            if sentence is None:
                raise
            fail(sentence, FAILED if isinstance(error, RequestFailed) else CANNOT_BEGIN)


def fail(sentence: str, code: int = CANNOT_BEGIN) -> NoReturn:
    """End the command with a sentence."""
    typer.secho(sentence, err=True, fg="red" if sys.stderr.isatty() else None)
    raise typer.Exit(code)


def explain(error: BaseException) -> str | None:
    """A sentence for an error that an operator can resolve; None for a defect."""
    match error:
        case BaseExceptionGroup():
            sentences = [explain(inner) for inner in error.exceptions]
            return None if None in sentences else "\n".join(dict.fromkeys(filter(None, sentences)))
        case (
            Misconfigured()
            | RequestFailed()
            | CannotListen()
            | BrokerError()
            | SchemaTooNew()
            | MountClash()
            | UnusableSetting()
        ):
            return str(error)
        case DBAPIError():
            return _of_database(error)
        case OSError():
            return _of_system(error)
    return None


def _of_database(error: DBAPIError) -> str:
    said = str(error.orig)
    known = (sentence for words, sentence in _DATABASE_SAYS.items() if words in said)
    return next(known, f"The database cannot be used: {said}.")


def _of_system(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "The disk is full. Free some space, then try again."
    if error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    return f"A server does not answer: {error}. Check its address, and that it runs."


def close_output() -> None:
    """The reader of standard output is gone: discard buffered output, so that the program ends without an error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
