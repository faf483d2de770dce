// The line below the name of the chat, and the banner when something is not running.

const byId = (id) => document.getElementById(id);

function presence(current, botIsPolling) {
  if (current.chat.type === "private") return botIsPolling ? "bot, online" : "bot, not running";
  const here = Object.values(current.members).filter((status) => !["left", "kicked"].includes(status));
  return current.chat.type === "channel"
    ? `channel, ${here.length} members`
    : `${current.chat.type}, ${here.length} members`;
}

// `current` is the open chat, null before there is one.
export function showStatus(current, { connected, botIsPolling }) {
  const status = byId("status");
  const typing = current?.typing && current.typing.until > Date.now();
  status.classList.toggle("typing", Boolean(connected && typing));
  status.classList.toggle("offline", !connected || !botIsPolling);
  if (!connected) status.textContent = "waiting for the sandbox…";
  else if (typing) status.textContent = current.typing.what;
  else status.textContent = presence(current, botIsPolling);
  const banner = byId("banner");
  banner.hidden = connected && botIsPolling;
  const text = connected
    ? "No bot is connected. What you send waits here until one starts."
    : "The connection to the sandbox is lost. Trying again…";
  if (banner.textContent !== text) banner.textContent = text;
}
