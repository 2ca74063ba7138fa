"""What the services' role may do in the directory of keys: read it, and issue and use stream tickets."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from clearway_platform.database.engines import Database

# Which role that is, each deployment says by itself: by letting it read the keys.
_READERS: Final = text(
    "SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) AS given JOIN pg_roles ON pg_roles.oid = grantee"
    " WHERE pg_class.oid = 'api_key'::regclass AND privilege_type = 'SELECT' AND grantee <> relowner"
)


async def open_tickets_to_readers(url: str) -> None:
    """Let whoever may read the keys write tickets, and still change no key. Safe to repeat; nothing on SQLite.

    Not in a migration: a restored database has its newest schema, and the privileges that its tables were made with.
    """
    database = Database(url, pool_size=1)
    try:
        if database.dialect == "postgresql":
            async with database.write() as transaction:
                connection = transaction.connection
                quote = connection.dialect.identifier_preparer.quote
                for reader in (await connection.scalars(_READERS)).all():
                    await connection.execute(text(f"GRANT SELECT, INSERT, DELETE ON stream_ticket TO {quote(reader)}"))
    finally:
        await database.close()
