"""What ends a command, said in a sentence: on standard error, with an exit code, and without a traceback."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any, Final, NoReturn

import typer
from sqlalchemy.exc import DBAPIError
from typer.core import TyperGroup

from clearway_platform.cli.configuration import Misconfigured
from clearway_platform.database.schema import SchemaTooNew
from clearway_platform.log.base import BrokerError
from clearway_platform.process.listening import CannotListen
from clearway_platform.process.mounts import MountClash

CANNOT_BEGIN: Final = 2

_DATABASE_SAYS: Final = {
    "no such table": "The database has no tables yet. Run `clearway migrate`.",
    "does not exist": "The database or its tables do not exist. Check the address, and run `clearway migrate`.",
    "not a database": "A file of the data folder is no database of Clearway. Move it away, or choose another folder.",
    "disk is full": "The disk is full. Make room on it, then start again.",
    "readonly database": "The database may not be written. Give this user the right to, or choose another folder.",
    "unable to open database file": "The database file cannot be opened. Check the folder and its rights.",
    "password authentication failed": "The database refuses the user or its password. Check the database's URL.",
    "database is locked": "Another process holds the database. Stop that one first.",
}


class Commands(TyperGroup):
    """Commands that end with a sentence: what is expected to go wrong is no traceback."""

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
            fail(sentence)


def fail(sentence: str, code: int = CANNOT_BEGIN) -> NoReturn:
    """Say why the command ends, and end it."""
    typer.secho(sentence, err=True, fg="red" if sys.stderr.isatty() else None)
    raise typer.Exit(code)


def explain(error: BaseException) -> str | None:
    """A sentence for an error that a person can do something about; None for a defect."""
    match error:
        case BaseExceptionGroup():
            sentences = [explain(one) for one in error.exceptions]
            return None if None in sentences else "\n".join(dict.fromkeys(filter(None, sentences)))
        case Misconfigured() | CannotListen() | BrokerError() | SchemaTooNew() | MountClash():
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
        return "The disk is full. Make room on it, then try again."
    if error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    return f"A database or another part does not answer: {error}. Check its address, and that it runs."


def close_output() -> None:
    """Nobody reads any more: what is still buffered goes nowhere, so that the end of the program says nothing."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
