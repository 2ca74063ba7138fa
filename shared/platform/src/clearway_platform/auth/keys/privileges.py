"""The privileges of the services' role in the key directory: read keys, note their use, issue and use tickets, and add
to the audit, of which it can change and remove nothing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from clearway_platform.database.engines import Database

# A deployment names the services' role by letting it read the keys.
_READERS: Final = text(
    "SELECT DISTINCT rolname FROM pg_class, aclexplode(relacl) AS given JOIN pg_roles ON pg_roles.oid = grantee"
    " WHERE pg_class.oid = 'api_key'::regclass AND privilege_type = 'SELECT' AND grantee <> relowner"
)


_GRANTED: Final = {
    "stream_ticket": "SELECT, INSERT, DELETE",
    "key_use": "SELECT, INSERT, UPDATE",
    "audit_record": "SELECT, INSERT",
    "audit_head": "SELECT, INSERT, UPDATE",
    "audit_checkpoint": "SELECT, INSERT",
    "audit_place": "SELECT, INSERT, UPDATE",
    "audit_check": "SELECT, INSERT, UPDATE",
}


async def grant_writes_to_readers(url: str) -> None:
    """Let the roles that may read the keys write tickets, times of use and the audit too, but no key. Safe to repeat;
    no effect on SQLite.

    It is not a migration: a restored database has the newest schema, and the privileges of its creation.
    """
    database = Database(url, pool_size=1)
    try:
        if database.dialect == "postgresql":
            async with database.of_every_mission("privileges are of the whole database").write() as transaction:
                connection = transaction.connection
                quote = connection.dialect.identifier_preparer.quote
                for reader in (await connection.scalars(_READERS)).all():
                    for table, rights in _GRANTED.items():
                        await connection.execute(text(f"GRANT {rights} ON {table} TO {quote(reader)}"))
    finally:
        await database.close()
