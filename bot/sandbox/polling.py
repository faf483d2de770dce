"""How the bot gets its updates: long polling, and a webhook, which stands in its way."""

import asyncio
import time
from typing import Any

import aiohttp
from aiogram.types import WebhookInfo

from bot.sandbox.errors import BotApiError, bad_request
from bot.sandbox.parameters import Parameters
from bot.sandbox.world import Sandbox

_MAX_TIMEOUT = 50
_AGAIN_SECONDS = 0.2
"""How soon an update comes again that was not acknowledged; Telegram takes longer each time."""
_LOCAL = ("http://127.0.0.1:", "http://localhost:")
_MAX_LIMIT = 100
_TERMINATED = (
    "Conflict: terminated by other getUpdates request;"
    " make sure that only one bot instance is running"
)
_WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active;"
    " use deleteWebhook to delete the webhook first"
)


async def get_updates(sandbox: Sandbox, parameters: Parameters) -> list[dict[str, Any]]:
    """Updates from `offset` on, as soon as there are any or when `timeout` is over.

    Raises BotApiError 409 when a webhook is set, and in the call that waits when another starts.
    """
    _end_waiting_poller(sandbox, _TERMINATED)
    if sandbox.state.setting("webhook"):
        raise BotApiError(409, _WEBHOOK_ACTIVE)
    offset = parameters.integer("offset")
    limit = parameters.integer("limit", _MAX_LIMIT)
    limit = limit if 1 <= limit <= _MAX_LIMIT else _MAX_LIMIT
    timeout = min(max(parameters.integer("timeout"), 0), _MAX_TIMEOUT)
    _remember_allowed_updates(sandbox, parameters)
    if offset > 0:
        sandbox.state.confirm_updates(before=offset)
    elif offset < 0:
        sandbox.state.keep_last_updates(-offset)

    if not sandbox.bot_is_polling:
        sandbox.events_happened.give()  # so that open pages see the bot come up
    sandbox.last_poll = time.monotonic()
    sandbox.polls += 1
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    sandbox.poller = ended
    try:
        deadline = time.monotonic() + timeout
        while not (updates := sandbox.state.updates(limit)):
            left = deadline - time.monotonic()
            if left <= 0:
                return []
            arrival = asyncio.ensure_future(sandbox.updates_arrived.wait(left))
            await asyncio.wait({arrival, ended}, return_when=asyncio.FIRST_COMPLETED)
            arrival.cancel()
            if ended.done():
                ended.result()
        return updates
    finally:
        if sandbox.poller is ended:
            sandbox.poller = None
            sandbox.last_poll = time.monotonic()


def _end_waiting_poller(sandbox: Sandbox, reason: str) -> None:
    if sandbox.poller is not None and not sandbox.poller.done():
        sandbox.poller.set_exception(BotApiError(409, reason))
    sandbox.poller = None


def _remember_allowed_updates(sandbox: Sandbox, parameters: Parameters) -> None:
    allowed = parameters.json("allowed_updates", "allowed_updates")
    if allowed is not None:
        if not isinstance(allowed, list):
            raise bad_request("can't parse allowed_updates: expected an Array of String")
        sandbox.state.set_setting("allowed_updates", allowed)


async def set_webhook(sandbox: Sandbox, parameters: Parameters) -> bool:
    """Remember a webhook, which is called from now on; polling is refused.

    Like a Bot API server of one's own, it calls addresses of this machine without TLS.
    """
    url = parameters.text("url")
    if url and not url.startswith(("https://", *_LOCAL)):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    _remember_allowed_updates(sandbox, parameters)
    _drop_pending(sandbox, parameters)
    sandbox.state.set_setting("webhook", url)
    sandbox.state.set_setting("webhook_secret", parameters.text("secret_token"))
    if url:
        _end_waiting_poller(sandbox, "Conflict: terminated by setWebhook request")
    sandbox.updates_arrived.give()
    return True


async def deliver(sandbox: Sandbox) -> None:
    """Bring updates to the webhook, one after another, each until it is acknowledged."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as http:
        while True:
            url = sandbox.state.setting("webhook") or ""
            updates = sandbox.state.updates(1) if url.startswith(_LOCAL) else []
            if not updates:
                await sandbox.updates_arrived.wait(_MAX_TIMEOUT)
            elif await _is_taken(http, sandbox, url, updates[0]):
                sandbox.state.confirm_updates(before=updates[0]["update_id"] + 1)
            else:
                await asyncio.sleep(_AGAIN_SECONDS)


async def _is_taken(
    http: aiohttp.ClientSession, sandbox: Sandbox, url: str, update: dict[str, Any]
) -> bool:
    secret = sandbox.state.setting("webhook_secret") or ""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
    try:
        async with http.post(url, json=update, headers=headers) as response:
            return response.ok
    except (aiohttp.ClientError, TimeoutError):
        return False


async def delete_webhook(sandbox: Sandbox, parameters: Parameters) -> bool:
    _drop_pending(sandbox, parameters)
    sandbox.state.set_setting("webhook", "")
    return True


def _drop_pending(sandbox: Sandbox, parameters: Parameters) -> None:
    if parameters.flag("drop_pending_updates"):
        sandbox.state.keep_last_updates(0)


async def get_webhook_info(sandbox: Sandbox, parameters: Parameters) -> dict[str, Any]:
    return WebhookInfo(
        url=sandbox.state.setting("webhook") or "",
        has_custom_certificate=False,
        pending_update_count=sandbox.state.pending_updates(),
        allowed_updates=sandbox.state.setting("allowed_updates") or None,
    ).model_dump(mode="json", exclude_none=True)
