from claiming import accept

from bot.queue.claims import Claims
from bot.storage import Database


async def test_places_in_the_queue(claims: Claims, database: Database) -> None:
    for number in (1, 2, 3):
        await accept(database, number)
    assert [it.place for it in await claims.unannounced(10)] == [1, 2, 3]
