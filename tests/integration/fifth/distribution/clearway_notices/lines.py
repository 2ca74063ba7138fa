"""How a notice reads in `clearway tail`."""

from datetime import UTC, datetime
from typing import Final

from clearway_platform.cli.streams import Data, Names, Stream, Told


async def tell(kind: str, data: Data, _names: Names) -> Told | None:
    return (datetime.now(UTC), [data["text"]]) if kind == "notice.posted" else None


stream: Final = Stream("/v1/notice-events", "green", tell)
