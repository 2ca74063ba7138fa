"""On PostgreSQL no mission reads another's, also where a statement forgets to ask for its mission.

The services run with every `mission = …` taken out of their statements. The tests are those of two missions, and a last
one that shows that they would fail.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import BinaryExpression, BindParameter, ClauseElement, Column, Connection, event, literal_column, or_
from sqlalchemy.engine import Engine
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.visitors import replacement_traverse

from clearway_platform.database.engines import Database
from clearway_platform.database.row_security import enforce, relax, tables_of
from clearway_testing.server import DatabaseServer

from .mission import Mission
from .served import Served, served
from .test_missions import (  # noqa: F401 - run here once more
    LISTS,
    reveals,
    test_a_list_holds_ones_own,
    test_a_query_about_anothers_finds_nothing,
    test_a_stream_holds_ones_own,
    test_counts_are_of_ones_own,
    test_what_is_anothers_does_not_exist,
    test_what_is_ones_own_exists,
)

pytestmark = pytest.mark.postgres
DATABASES = ("incidents", "alerts", "analytics", "keys")
# The ends of the audit's chains: what requests of every mission left is written together, and never read by a request.
OF_EVERY_MISSION = frozenset({"audit_head"})


def _without_its_effect(element: object, **_: object) -> ClauseElement | None:
    """A comparison of a column `mission` with a value holds for every row; the value stays a parameter."""
    if not isinstance(element, BinaryExpression) or element.operator is not operators.eq:
        return None
    sides = (element.left, element.right)
    columns = [side for side in sides if isinstance(side, Column) and side.table.name not in OF_EVERY_MISSION]
    names = any(column.name == "mission" for column in columns)
    gives = any(isinstance(side, BindParameter) for side in sides)
    return Grouping(or_(element, literal_column("TRUE"))) if names and gives else None


@contextmanager
def forgetting_missions() -> Iterator[list[str]]:
    """Every statement of PostgreSQL is executed without asking for a mission. Gives the statements that did."""
    forgot: list[str] = []

    def rewrite(
        connection: Connection, statement: object, several: object, one: object, _options: object
    ) -> tuple[object, object, object]:
        if connection.dialect.name == "postgresql" and isinstance(statement, ClauseElement):
            changed = replacement_traverse(statement, {"stop_on": set()}, _without_its_effect)
            if str(changed) != str(statement):
                forgot.append(str(statement))
            statement = changed
        return statement, several, one

    event.listen(Engine, "before_execute", rewrite, retval=True)
    try:
        yield forgot
    finally:
        event.remove(Engine, "before_execute", rewrite)


@pytest.fixture(scope="module")
def urls(postgres_server: DatabaseServer) -> Iterator[dict[str, str]]:
    names = {name: f"forgetting_{name}" for name in DATABASES}
    yield {name: postgres_server.create_database(database) for name, database in names.items()}
    for database in names.values():
        postgres_server.drop_database(database)


@pytest.fixture(scope="module")
def platform(urls: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The services on PostgreSQL, forgetting missions."""
    folder = tmp_path_factory.mktemp("platform")
    with forgetting_missions() as forgot, served(folder, database_urls=urls) as running:
        yield running
        assert any("SELECT" in statement for statement in forgot)


async def change_policies(url: str, change: Callable[..., None]) -> None:
    database = Database(url, pool_size=1)
    async with database.of_every_mission("a test").write() as transaction:
        for table in await transaction.connection.run_sync(tables_of):
            await transaction.connection.run_sync(change, table)
    await database.close()


async def test_without_the_policies_they_would_leak(urls: dict[str, str], north: Mission, south: Mission) -> None:
    """Then every list shows what is another mission's: the statements do forget, and nothing else keeps rows apart."""
    for url in urls.values():
        await change_policies(url, relax)
    try:
        with south.client() as client:
            texts = {str(item): client.request(**item.request(south.ids)).text for item in LISTS}
    finally:
        for url in urls.values():
            await change_policies(url, enforce)
    shown = [name for name, text in texts.items() if reveals(text, north)]
    assert "GET /v1/incidents" in shown
    assert "GET /v1/subscriptions" in shown
    assert "GET /v1/alerts" in shown
