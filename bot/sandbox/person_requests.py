"""What the requests of people have in common: who acts where, files, numbers, and refusals."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.sandbox import SandboxUser
from bot.sandbox.attachments import MAX_ALBUM
from bot.sandbox.chats import Chat
from bot.sandbox.errors import BotApiError, PersonError
from bot.sandbox.parameters import Parameters, Upload
from bot.sandbox.world import Sandbox

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refuse_other_sites(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only the sandbox's own page may drive it from a browser."""
    origin = request.headers.get("Origin")
    if origin is not None and origin.partition("://")[2] != request.host:
        return web.json_response({"error": "Another site cannot use the sandbox."}, status=403)
    return await handler(request)


@web.middleware
async def explain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a person cannot do into a JSON object with `error`."""
    try:
        return await handler(request)
    except PersonError as error:
        return web.json_response({"error": str(error)}, status=error.status)
    except BotApiError as error:
        return web.json_response({"error": error.description}, status=error.status)


def user_with(sandbox: Sandbox, user_id: int) -> SandboxUser:
    """The person with this id.

    Raises:
        PersonError: there is nobody.
    """
    person = sandbox.person(user_id)
    if person is None:
        raise PersonError("Nobody here has this id.", 404)
    return person


def who_and_where(sandbox: Sandbox, request: web.Request) -> tuple[SandboxUser, Chat]:
    """Who acts, and in which chat.

    Raises:
        PersonError: the request does not say, or it is somebody else's chat.
    """
    chat = sandbox.chats.find(int(request.match_info["chat_id"]))
    if chat is None:
        raise PersonError("No chat here has this id.", 404)
    given = request.query.get("as")
    if chat.person is not None:
        if given not in (None, str(chat.id)):
            raise PersonError("This is the private chat of another person.", 403)
        return chat.person, chat
    if given is None:
        raise PersonError("Say who acts in this chat: ?as=<user id>.")
    return user_with(sandbox, number(given, 0)), chat


async def uploads_of(request: web.Request, at_most: int = MAX_ALBUM) -> list[Upload]:
    """The files of a form in their order, none of them empty.

    Raises:
        PersonError: there are none, an empty one, or more than `at_most`.
    """
    if not request.content_type.startswith("multipart/"):
        raise PersonError("The file is missing.")
    files = [field for field in (await request.post()).values() if isinstance(field, web.FileField)]
    uploads = [Upload(file.filename, file.content_type, _content(file)) for file in files]
    if not uploads or not all(upload.data for upload in uploads):
        raise PersonError("The file is empty.")
    if len(uploads) > at_most:
        raise PersonError(f"Send {at_most} at most at once.")
    return uploads


def _content(file: web.FileField) -> bytes:
    file.file.seek(0)  # the form was read once already
    return file.file.read()


def reply_to(parameters: Parameters) -> int | None:
    """The message that is replied to, if any."""
    return parameters.integer("reply_to") or None


def seconds(text: str, default: float) -> float:
    """How long to wait.

    Raises:
        PersonError: it is not a number.
    """
    try:
        return float(text) if text else default
    except ValueError:
        raise PersonError("The time to wait is not a number of seconds.") from None


def number(text: str | None, default: int) -> int:
    """A number of a query; the default for what is none."""
    return int(text) if text is not None and text.isdecimal() else default
