import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from io import StringIO

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter, TelegramServerError
from aiohttp import web

import bot.telegram
from bot.answers import ShownAnswer, ShownCaption
from bot.chats import TelegramChats
from bot.messenger import (
    FileGoneError,
    FileTooLargeError,
    MessageGoneError,
    UnavailableError,
    UncertainError,
    UnreachableError,
)
from bot.redaction import RedactingFilter, RedactingFormatter, Redactor
from bot.steps import Announcement, Claim, Outcome
from bot.storage.tables import ANSWER
from bot.telegram import at_most_once, create_bot, download

TOKEN = "123456:ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefg"
MESSAGE = {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private"}}
CLAIM = Claim(1, "claim", 1)

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Answers each method as the test says, in turn; the last answer stays."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[str] = []
        self._answers: dict[str, list[Answer]] = {}

    def on(self, method: str, *answers: Answer) -> None:
        self._answers[method] = list(answers)

    def count(self, method: str) -> int:
        return self.calls.count(method)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = "download" if "/file/" in request.path else request.match_info["name"]
        self.calls.append(method)
        answers = self._answers[method]
        return await (answers.pop(0) if len(answers) > 1 else answers[0])(request)


def ok(result: object = True) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "result": result})

    return answer


def refusal(status: int, description: str, **parameters: object) -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        body = {"ok": False, "error_code": status, "description": description}
        return web.json_response(body | {"parameters": parameters}, status=status)

    return answer


def page(status: int, body: bytes = b"<html>Bad gateway</html>") -> Answer:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(status=status, body=body)

    return answer


async def cut(request: web.Request) -> web.StreamResponse:
    """Announces more bytes than it sends, then closes the connection."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b"only this")
    assert request.transport is not None
    request.transport.close()
    return response


async def chunked(request: web.Request) -> web.StreamResponse:
    """Does not say how much comes, and sends a lot."""
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for _ in range(50):
        await response.write(bytes(100))
    return response


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{name}", server.handle)
    app.router.add_route("*", "/file/bot{token}/{name:.*}", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@pytest.fixture
async def client(server: Server) -> AsyncIterator[Bot]:
    client = create_bot(TOKEN, server.url)
    yield client
    await client.session.close()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.telegram, "FIRST_DELAY", 0.01)


def outcome(placeholder_id: int | None = 5, failure: str | None = None) -> Outcome:
    captions = () if failure else (ShownCaption(3, "resnet34-lstm", "A <dog> & a cat."),)
    answer = ShownAnswer(CLAIM.job_id, 7, ("resnet34-lstm",), captions, failure)
    return Outcome(CLAIM, 7, 4, 7, "en", ANSWER, placeholder_id, (answer,))


# ---- patience ----


async def test_flood_control_is_obeyed(
    server: Server, client: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = []
    sleep = asyncio.sleep

    async def remember(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(bot.telegram.asyncio, "sleep", remember)
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=7), ok(MESSAGE))
    assert (await client.send_message(7, "hello")).message_id == 5
    assert 7.0 in waits


async def test_a_long_flood_control_is_the_callers_affair(server: Server, client: Bot) -> None:
    server.on("sendMessage", refusal(429, "Too Many Requests", retry_after=3600))
    with pytest.raises(TelegramRetryAfter):
        await client.send_message(7, "hello")
    with pytest.raises(UnavailableError) as caught:
        await TelegramChats(client).announce(Announcement(CLAIM, 7, 4, "en", 1))
    assert caught.value.retry_after == 3600


@pytest.mark.parametrize("trouble", [refusal(502, "Bad Gateway"), page(502), cut])
async def test_a_failing_server_is_asked_again(
    server: Server, client: Bot, trouble: Answer
) -> None:
    server.on("sendMessage", trouble, trouble, ok(MESSAGE))
    assert (await client.send_message(7, "hello")).message_id == 5
    assert server.count("sendMessage") == 3


async def test_patience_ends(server: Server, client: Bot) -> None:
    server.on("sendMessage", refusal(500, "Internal Server Error"))
    with pytest.raises(TelegramServerError):
        await client.send_message(7, "hello")
    assert server.count("sendMessage") == bot.telegram.TRIES


async def test_what_must_not_come_twice_is_not_repeated(server: Server, client: Bot) -> None:
    server.on("sendMessage", cut)
    with at_most_once(), pytest.raises(Exception, match="Client"):
        await client.send_message(7, "hello")
    assert server.count("sendMessage") == 1


# ---- the worker's view ----


async def test_an_answer_is_escaped_and_has_buttons(server: Server, client: Bot) -> None:
    sent: list[dict[str, object]] = []

    async def remember(request: web.Request) -> web.Response:
        sent.append(dict(await request.post()))
        return web.json_response({"ok": True, "result": MESSAGE})

    server.on("editMessageText", remember)
    await TelegramChats(client).edit(outcome())
    [edit] = sent
    assert "<b>ResNet-34 + LSTM</b>" in str(edit["text"])
    assert "A &lt;dog&gt; &amp; a cat." in str(edit["text"])
    assert edit["parse_mode"] == "HTML"
    [up, down] = json.loads(str(edit["reply_markup"]))["inline_keyboard"][0]
    assert (up["text"], down["text"]) == ("👍", "👎")


async def test_not_modified_is_success(server: Server, client: Bot) -> None:
    server.on("editMessageText", refusal(400, "Bad Request: message is not modified: specified …"))
    await TelegramChats(client).edit(outcome())
    assert server.count("editMessageText") == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "Bad Request: message to edit not found"), MessageGoneError),
        (refusal(400, "Bad Request: message can't be edited"), MessageGoneError),
        (refusal(400, "Bad Request: chat not found"), UnreachableError),
        (refusal(403, "Forbidden: bot was blocked by the user"), UnreachableError),
        (refusal(500, "Internal Server Error"), UnavailableError),
        (page(502), UnavailableError),
        (cut, UnavailableError),
    ],
)
async def test_telegrams_answers_in_the_workers_words(
    server: Server, client: Bot, answer: Answer, error: type[Exception]
) -> None:
    server.on("editMessageText", answer)
    with pytest.raises(error):
        await TelegramChats(client).edit(outcome())


async def test_only_the_persons_own_block_is_one(server: Server, client: Bot) -> None:
    for words, blocked in (
        ("Forbidden: bot was blocked by the user", True),
        ("Forbidden: user is deactivated", True),
        ("Forbidden: bot was kicked from the group chat", False),
    ):
        server.on("sendMessage", refusal(403, words))
        with pytest.raises(UnreachableError) as caught:
            await TelegramChats(client).announce(Announcement(CLAIM, 7, 4, "en", 1))
        assert caught.value.blocked == blocked


async def test_a_broken_connection_while_sending_is_uncertain(server: Server, client: Bot) -> None:
    server.on("sendMessage", cut)
    with pytest.raises(UncertainError):
        await TelegramChats(client).send(outcome(None))
    assert server.count("sendMessage") == 1


async def test_without_a_connection_nothing_was_sent() -> None:
    client = create_bot(TOKEN, "http://127.0.0.1:9")
    with pytest.raises(UnavailableError):
        await TelegramChats(client).send(outcome(None))
    await client.session.close()


async def test_a_failed_chat_action_is_no_failure(server: Server, client: Bot) -> None:
    server.on("sendChatAction", refusal(429, "Too Many Requests", retry_after=60))
    await TelegramChats(client).show_activity(7)
    assert server.count("sendChatAction") == 1


# ---- downloads ----

FILE = {"file_id": "f", "file_unique_id": "u", "file_path": "photos/1.jpg"}


async def test_a_file_is_downloaded(server: Server, client: Bot) -> None:
    server.on("getFile", ok(FILE))
    server.on("download", page(200, b"pixels"))
    assert await download(client, "f", 100) == b"pixels"


async def test_a_cut_download_is_tried_again(server: Server, client: Bot) -> None:
    server.on("getFile", ok(FILE))
    server.on("download", cut, page(503), page(200, b"pixels"))
    assert await download(client, "f", 5000) == b"pixels"


@pytest.mark.parametrize(
    ("file", "content"),
    [(FILE | {"file_size": 101}, page(200)), (FILE, page(200, bytes(101))), (FILE, chunked)],
)
async def test_no_more_is_read_than_allowed(
    server: Server, client: Bot, file: dict[str, object], content: Answer
) -> None:
    server.on("getFile", ok(file))
    server.on("download", content)
    with pytest.raises(FileTooLargeError):
        await download(client, "f", 100)
    assert server.count("download") <= 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, "Bad Request: file is too big"), FileTooLargeError),
        (
            refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable"),
            UnavailableError,
        ),
        (refusal(400, "Bad Request: invalid file_id"), FileGoneError),
        (refusal(429, "Too Many Requests", retry_after=3600), UnavailableError),
    ],
)
async def test_a_file_that_cannot_be_found(
    server: Server, client: Bot, answer: Answer, error: type[Exception]
) -> None:
    server.on("getFile", answer)
    with pytest.raises(error):
        await download(client, "f", 100)


# ---- discretion ----


@pytest.mark.parametrize("trouble", [page(404), page(500), cut])
async def test_a_failed_download_does_not_tell_the_token(
    server: Server, client: Bot, trouble: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    server.on("getFile", ok(FILE))
    server.on("download", trouble)
    with pytest.raises(UnavailableError) as caught:
        await download(client, "f", 5000)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__cause__ is None
    assert TOKEN not in caplog.text


@pytest.fixture
def log() -> StringIO:
    return StringIO()


@pytest.fixture
def logger(log: StringIO) -> logging.Logger:
    handler = logging.StreamHandler(log)
    redact = Redactor(TOKEN, "hunter2")
    handler.setFormatter(RedactingFormatter(redact))
    handler.addFilter(RedactingFilter(redact))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    return logger


async def test_aiograms_failed_download_is_redacted_in_the_log(
    server: Server, client: Bot, logger: logging.Logger, log: StringIO
) -> None:
    # aiogram's own download raises aiohttp's error, which holds the address and in it the token.
    server.on("download", page(404))
    try:
        await client.download_file("photos/1.jpg")
    except Exception as error:
        assert TOKEN in repr(error)
        logger.exception("failed: %r", error)
        logger.error("failed", exc_info=error, stack_info=True)
    assert "ClientResponseError" in log.getvalue()
    assert "Traceback" in log.getvalue()
    assert TOKEN not in log.getvalue()
    assert TOKEN.split(":")[1] not in log.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        f"https://api.telegram.org/bot{TOKEN}/getMe",
        "another: 987654321:AAEabcdefghijklmnopqrstuvwxyz0123456",
        "quoted: 987654321%3AAAEabcdefghijklmnopqrstuvwxyz0123456",
        "socks5://me:hunter2@host",
    ],
)
def test_secrets_are_hidden(logger: logging.Logger, log: StringIO, text: str) -> None:
    logger.warning("%s", text)
    logger.warning("in a list: %s", [text])
    assert "hidden" in log.getvalue()
    for secret in (TOKEN, "AAEabcdef", "hunter2"):
        assert secret not in log.getvalue()


def test_what_is_no_secret_stays(logger: logging.Logger, log: StringIO) -> None:
    logger.info("12:30:45 job 7 took 1.5 s at http://127.0.0.1:8081/")
    assert "12:30:45 job 7 took 1.5 s at http://127.0.0.1:8081/" in log.getvalue()
