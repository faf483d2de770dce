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

// A chat is addressed together with who acts in it: `at` is {id, as}.
const path = (at, rest = "") => `/chats/${at.id}${rest}?as=${at.as}`;

export const users = () => request("/users");
export const chatsOf = (person) => request(`/chats?as=${person}`);
export const chat = (at) => request(path(at));
export const clear = (at) => request(path(at), { method: "DELETE" });
export const block = (at, blocked) => post(path(at, "/block"), { blocked });
export const migrate = (at) => post(path(at, "/migrate"), {});
export const setMember = (at, user, status) => post(path(at, `/members/${user}`), { status });
export const speak = (person, language) =>
  post(`/users/${person}/language`, { language_code: language });
export const remove = (at, message) =>
  request(path(at, `/messages/${message}`), { method: "DELETE" });
export const press = (at, message, data) => post(path(at, "/press"), { message_id: message, data });
export const sendText = (at, text, replyTo) => post(path(at, "/text"), { text, reply_to: replyTo });
export const editText = (at, message, text) => post(path(at, `/messages/${message}`), { text });

function upload(at, rest, files, fields) {
  const form = new FormData();
  for (const file of files) form.append("file", file, file.name || "photo.png");
  for (const [name, value] of Object.entries(fields)) form.append(name, value ?? "");
  return request(path(at, rest), { method: "POST", body: form });
}

export const sendFile = (at, file, { kind, caption, replyTo }) =>
  upload(at, `/${kind}`, [file], { caption, reply_to: replyTo });
export const sendAlbum = (at, files, { kind, caption, replyTo }) =>
  upload(at, "/album", files, { kind, caption, reply_to: replyTo });
export const editFile = (at, message, file, { kind, caption }) =>
  upload(at, `/messages/${message}`, [file], { kind, text: caption });

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
