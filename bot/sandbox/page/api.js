// The sandbox's HTTP API, as a person uses it.

const ROOT = "/sandbox/api";

async function request(path, options = {}) {
  let response;
  try {
    response = await fetch(ROOT + path, options);
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(body.error || `The sandbox answered with ${response.status}.`);
  }
  return body;
}

const post = (path, content) =>
  request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });

export const users = () => request("/users");
export const chat = (id) => request(`/chats/${id}`);
export const clear = (id) => request(`/chats/${id}`, { method: "DELETE" });
export const block = (id, blocked) => post(`/chats/${id}/block`, { blocked });
export const remove = (id, message) =>
  request(`/chats/${id}/messages/${message}`, { method: "DELETE" });
export const press = (id, message, data) =>
  post(`/chats/${id}/press`, { message_id: message, data });
export const sendText = (id, text, replyTo) =>
  post(`/chats/${id}/text`, { text, reply_to: replyTo });

export function sendFile(id, file, { asPhoto, caption, replyTo }) {
  const form = new FormData();
  form.append("file", file, file.name || "photo.png");
  form.append("caption", caption || "");
  form.append("reply_to", replyTo || "");
  return request(`/chats/${id}/${asPhoto ? "photo" : "document"}`, { method: "POST", body: form });
}

export const fileAddress = (uniqueId) => `${ROOT}/files/${encodeURIComponent(uniqueId)}`;

// Follow what happens after an event: calls on.event, on.status and on.connected(boolean).
// The browser reconnects by itself and then says which event it has seen last.
export function follow(after, on) {
  let last = after;
  const open = () => {
    const stream = new EventSource(`${ROOT}/stream?after=${last}`);
    stream.onopen = () => on.connected(true);
    stream.onmessage = (message) => {
      last = Number(message.lastEventId) || last;
      on.event(JSON.parse(message.data));
    };
    stream.addEventListener("status", (message) => on.status(JSON.parse(message.data)));
    stream.onerror = () => {
      on.connected(false);
      if (stream.readyState === EventSource.CLOSED) setTimeout(open, 2000);
    };
  };
  open();
}
