import aiohttp
import pytest
from aiohttp import web

from bot.addresses import Address
from bot.door.listening import create_app, listening
from bot.telegram.startup import StartError


async def test_it_answers_meanwhile_and_names_a_port_in_use() -> None:
    app = create_app()

    async def hello(_request: web.Request) -> web.Response:
        return web.Response(text="hello")

    app.router.add_get("/", hello)
    async with listening(app, Address("127.0.0.1", 0), "HEALTH_LISTEN") as port:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"http://127.0.0.1:{port}/") as response,
        ):
            assert await response.text() == "hello"
        taken = Address("127.0.0.1", port)
        with pytest.raises(StartError, match=rf"HEALTH_LISTEN: .*127\.0\.0\.1:{port}"):
            async with listening(create_app(), taken, "HEALTH_LISTEN"):
                pass
