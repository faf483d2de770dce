// The chat page: keeps what the sandbox tells about the chats, and shows one of them.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { alertDialog, onMessageMenu, showMessageMenu, showPhoto, toast } from "./dialogs.js";
import * as render from "./render.js";

const byId = (id) => document.getElementById(id);
const MOST_IN_ALBUM = 10;
const TYPING_MILLISECONDS = 5500; // Telegram shows a chat action for five seconds
const ACTIONS = { typing: "is typing…", upload_photo: "is sending a photo…" };

// By id: {user (who looks), chat, bot, members, blocked, commands, messages: Map, fromBot, …}
const chats = new Map();
let people = [];
let person = null; // who the page is used as
let current = null;
let connected = false;
let botIsPolling = false;

const scroll = byId("scroll");
const list = byId("messages");
const composer = new Composer({ text: sendText, files: sendFiles, editText, editFile });

const handlers = {
  command: (text) => sendText(text, null),
  photo: showPhoto,
  quote(id) {
    const item = list.querySelector(`[data-id="${id}"], [data-photo="${id}"]`)?.closest("li");
    if (!item) return;
    item.scrollIntoView({ block: "center", behavior: "smooth" });
    item.classList.add("found");
    setTimeout(() => item.classList.remove("found"), 1600);
  },
  async press(message, button, key) {
    if (key.classList.contains("waiting")) return;
    key.classList.add("waiting");
    try {
      const answer = await api.press(
        { id: message.chat.id, as: current.user.id },
        message.message_id,
        button.callback_data,
      );
      if (!answer.answered) toast("The bot has not answered this button.");
      else if (answer.text && answer.show_alert) alertDialog(answer.text);
      else if (answer.text) toast(answer.text);
    } catch (error) {
      toast(error.message, true);
    } finally {
      key.classList.remove("waiting");
    }
  },
  menu(message, anchor, at) {
    const mine = render.authorOf(message).id === current.user.id;
    const own = mine || (current.chat.type === "channel" && current.can_write);
    const canEdit = own && !current.fromBot.has(message.message_id) && !message.sticker;
    showMessageMenu(message, { canEdit }, anchor, at);
  },
};

async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    toast(error.message, true);
    return null;
  }
}

// Sending

const at = (chat) => ({ id: chat.chat.id, as: chat.user.id });

async function sendText(text, replyTo) {
  const chat = current;
  chat.prompt = null;
  const sent = await attempt(() => api.sendText(at(chat), text, replyTo));
  if (sent) keep(chat, sent, false);
  else if (chat === current && !composer.text.value) composer.text.value = text;
}

async function editText(message, text) {
  const chat = current;
  const edited = await attempt(() => api.editText(at(chat), message.message_id, text));
  if (edited) keep(chat, edited, false);
}

async function editFile(message, file, options) {
  const chat = current;
  const edited = await attempt(() => api.editFile(at(chat), message.message_id, file, options));
  if (edited) keep(chat, edited, false);
}

async function sendFiles(files, { kind, caption, replyTo }) {
  const chat = current;
  const together = kind === "sticker" ? 1 : MOST_IN_ALBUM;
  for (let first = 0; first < files.length; first += together) {
    const some = files.slice(first, first + together);
    const shown = kind === "document" ? [] : some.map((file) => URL.createObjectURL(file));
    const words = first === 0 && kind !== "sticker" ? caption : "";
    const names = some.map((file) => file.name).join(", ");
    const pending = render.pendingElement(kind === "document" ? names : words, shown);
    if (chat === current) {
      list.append(pending);
      byId("welcome").hidden = true;
      toEnd();
    }
    const options = { kind, caption: words, replyTo };
    const sent = await attempt(() =>
      some.length > 1 ? api.sendAlbum(at(chat), some, options) : api.sendFile(at(chat), some[0], options),
    );
    pending.remove();
    shown.forEach((address) => URL.revokeObjectURL(address));
    if (!sent) break;
    for (const message of [sent].flat()) keep(chat, message, false);
  }
  showWelcome();
}

// What happens

function keep(chat, message, fromBot) {
  const isNew = !chat.messages.has(message.message_id);
  const mine = message.from?.id === chat.user.id;
  chat.messages.set(message.message_id, message);
  if (fromBot) {
    chat.fromBot.add(message.message_id);
    chat.typing = null;
  }
  if (chat === current) {
    const stay = isNew && mine ? true : isAtEnd();
    placeMessage(message);
    if (stay) toEnd();
    else if (isNew) byId("to-end").classList.add("news");
  } else if (isNew && !mine) {
    chat.unread += 1;
  }
  showSide();
  showStatus();
}

function forget(chat, id) {
  const gone = chat.messages.get(id);
  chat.messages.delete(id);
  if (chat === current && gone) {
    const [left] = albumOf(gone);
    find(gone)?.remove();
    if (left) placeMessage(left);
    regroup();
    showWelcome();
  }
  showSide();
}

async function happened(event) {
  const chat = chats.get(event.chat_id);
  if (event.kind === "migrated") {
    await loadAll();
    open(chats.has(current.chat.id) ? current.chat.id : event.chat_id);
  } else if (!chat) return;
  else if (event.message) keep(chat, event.message, event.from_bot);
  else if (event.kind === "delete") forget(chat, event.message_id);
  else if (event.kind === "action") {
    chat.typing = { what: ACTIONS[event.action] ?? "is busy…", until: Date.now() + TYPING_MILLISECONDS };
    setTimeout(showStatus, TYPING_MILLISECONDS + 50);
    showStatus();
  } else if (event.kind === "prompt") {
    await load({ id: chat.chat.id, as: chat.user.id });
    if (current.chat.id === event.chat_id) {
      current = chats.get(event.chat_id);
      showPrompt();
    }
  } else if (["clear", "blocked", "unblocked", "commands", "members"].includes(event.kind)) {
    await load({ id: chat.chat.id, as: chat.user.id });
    if (current.chat.id === event.chat_id) open(event.chat_id);
  }
}

async function load(where) {
  const told = await api.chat(where);
  const before = chats.get(where.id);
  chats.set(where.id, {
    ...told,
    messages: new Map(told.messages.map((message) => [message.message_id, message])),
    fromBot: new Set(told.from_bot),
    unread: before?.unread ?? 0,
    typing: before?.typing ?? null,
  });
  botIsPolling = told.bot.polling;
  return told.last_event;
}

// Private chats are seen by whom they belong to, the others by whom the page is used as.
async function loadAll() {
  people = await api.users();
  person = people.find((user) => user.id === person?.id) ?? people[0];
  const shared = (await api.chatsOf(person.id)).filter((chat) => chat.type !== "private");
  const wanted = [
    ...people.map((user) => ({ id: user.id, as: user.id })),
    ...shared.map((chat) => ({ id: chat.id, as: person.id })),
  ];
  for (const id of chats.keys()) if (!wanted.some((where) => where.id === id)) chats.delete(id);
  return Promise.all(wanted.map(load));
}

async function become(id) {
  if (id === person.id) return;
  const wasPrivate = current.chat.type === "private";
  const place = current.chat.id;
  person = people.find((user) => user.id === id);
  sessionStorage.setItem("person", id);
  await attempt(loadAll);
  open(wasPrivate || !chats.has(place) ? id : place);
}

// Showing

function open(id) {
  current = chats.get(id);
  current.unread = 0;
  sessionStorage.setItem("chat", id);
  const { chat, bot, blocked, can_write: canWrite } = current;
  const isPrivate = chat.type === "private";
  byId("bot-name").textContent = isPrivate ? bot.name : chat.title;
  byId("avatar").replaceChildren(face(current));
  byId("description").textContent = isPrivate
    ? bot.description || "Send a photo, and two neural networks describe it."
    : `Mention @${bot.username} in the caption of a photo, or reply to one with /caption.`;
  byId("start").hidden = !isPrivate;
  byId("form").hidden = blocked || !canWrite;
  byId("blocked").hidden = !blocked;
  byId("read-only").hidden = blocked || canWrite;
  byId("block").hidden = !isPrivate;
  byId("block").textContent = blocked ? "Unblock the bot" : "Block the bot";
  showGroupMenu();
  byId("caption").placeholder = isPrivate ? "Add a caption" : `Caption: @${bot.username} asks the bot`;
  byId("language").value = person.language_code === "ru" ? "ru" : "en";
  composer.addressed = isPrivate ? "" : `@${bot.username}`;
  composer.commands = current.commands;
  composer.reply(null);
  list.setAttribute("aria-live", "off");
  list.replaceChildren();
  for (const message of current.messages.values()) placeMessage(message);
  list.setAttribute("aria-live", "polite");
  showSide();
  showStatus();
  showWelcome();
  showPrompt();
  toEnd();
}

function showGroupMenu() {
  const { type } = current.chat;
  const status = current.members[current.bot.id];
  const present = ["member", "administrator"].includes(status);
  byId("promote").hidden = type === "private" || !present;
  byId("promote").textContent =
    status === "administrator" ? "Take away the bot's rights" : "Make the bot an administrator";
  byId("expel").hidden = type === "private";
  byId("expel").textContent = present ? "Remove the bot" : "Add the bot";
  byId("upgrade").hidden = type !== "group";
}

// What a bot waits for is quoted already, as in Telegram's apps.
function showPrompt() {
  const asked = current.prompt && current.messages.get(current.prompt.message_id);
  if (asked) composer.prompt(asked, current.prompt.placeholder);
}

// All messages of an album in their order; a message of none is one by itself.
function albumOf(message) {
  const group = message.media_group_id;
  if (!group) return current.messages.has(message.message_id) ? [message] : [];
  return [...current.messages.values()]
    .filter((other) => other.media_group_id === group)
    .sort((a, b) => a.message_id - b.message_id);
}

const find = (message) =>
  list.querySelector(
    message.media_group_id
      ? `[data-group="${message.media_group_id}"]`
      : `[data-id="${message.message_id}"]`,
  );

function placeMessage(message) {
  const view = { viewer: current.user.id, isPrivate: current.chat.type === "private" };
  const made = render.messageElement(albumOf(message), view, handlers);
  const old = find(message);
  if (old) {
    const focused = [...old.querySelectorAll(".key")].indexOf(document.activeElement);
    old.replaceWith(made);
    if (focused >= 0) made.querySelectorAll(".key")[focused]?.focus();
  } else {
    const next = [...list.querySelectorAll("[data-id]")].find(
      (item) => Number(item.dataset.id) > message.message_id,
    );
    list.insertBefore(made, next ?? list.querySelector(".pending"));
  }
  regroup();
  byId("welcome").hidden = true;
}

// Days and groups depend on the neighbours of a message.
function regroup() {
  list.querySelectorAll(".day").forEach((day) => day.remove());
  let previous = null;
  for (const item of list.querySelectorAll("[data-id]")) {
    const message = current.messages.get(Number(item.dataset.id));
    if (!previous || render.dayOf(previous.message) !== render.dayOf(message)) {
      item.before(render.element("li", "day", render.element("span", "", render.dayOf(message))));
    }
    const joined = render.continues(message, previous?.message);
    item.classList.toggle("joined", joined);
    item.classList.add("tail");
    if (joined) previous.item.classList.remove("tail");
    previous = { item, message };
  }
}

function showWelcome() {
  byId("welcome").hidden = list.children.length > 0 || current.blocked;
}

function face(chat) {
  if (chat.chat.type !== "private") return render.avatar(chat.chat);
  const image = render.element("img");
  image.src = "icon.svg";
  image.alt = "";
  image.width = image.height = 44;
  return image;
}

const unreadElement = (count) =>
  count ? render.element("span", "unread", String(count)) : null;

function showSide() {
  const choices = people.map((user) => {
    const button = render.element(
      "button",
      "person",
      render.avatar(user),
      render.element("span", "", render.nameOf(user)),
      user.id === person.id ? null : unreadElement(chats.get(user.id).unread),
    );
    button.type = "button";
    button.dataset.person = user.id;
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(user.id === person.id));
    button.tabIndex = user.id === person.id ? 0 : -1;
    button.addEventListener("click", () => become(user.id));
    return button;
  });
  const side = byId("people");
  const hadFocus = side.contains(document.activeElement);
  side.replaceChildren(...choices);
  if (hadFocus) side.querySelector("[aria-checked=true]")?.focus();

  const shared = [...chats.values()].filter((chat) => chat.chat.type !== "private");
  const entries = [chats.get(person.id), ...shared].map((chat) => {
    const last = [...chat.messages.values()].at(-1);
    const name = chat.chat.type === "private" ? chat.bot.name : chat.chat.title;
    const button = render.element(
      "button",
      "chat-entry",
      face(chat),
      render.element(
        "span",
        "entry-text",
        render.element("strong", "", name),
        render.element("small", "", last ? render.summary(last) : "No messages yet"),
      ),
      unreadElement(chat.unread),
    );
    button.type = "button";
    if (chat === current) button.setAttribute("aria-current", "page");
    button.addEventListener("click", () => open(chat.chat.id));
    return button;
  });
  byId("chats").replaceChildren(...entries);
}

function presence() {
  if (current.chat.type === "private") return botIsPolling ? "bot, online" : "bot, not running";
  const here = Object.values(current.members).filter((status) => !["left", "kicked"].includes(status));
  return current.chat.type === "channel"
    ? `channel, ${here.length} members`
    : `${current.chat.type}, ${here.length} members`;
}

function showStatus() {
  const status = byId("status");
  const typing = current?.typing && current.typing.until > Date.now();
  status.classList.toggle("typing", Boolean(connected && typing));
  status.classList.toggle("offline", !connected || !botIsPolling);
  if (!connected) status.textContent = "waiting for the sandbox…";
  else if (typing) status.textContent = current.typing.what;
  else status.textContent = presence();
  const banner = byId("banner");
  banner.hidden = connected && botIsPolling;
  const text = connected
    ? "No bot is connected. What you send waits here until one starts."
    : "The connection to the sandbox is lost. Trying again…";
  if (banner.textContent !== text) banner.textContent = text;
}

const isAtEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

// The rest of the page

scroll.addEventListener("scroll", () => {
  byId("to-end").hidden = isAtEnd();
  if (isAtEnd()) byId("to-end").classList.remove("news");
});
const resized = new ResizeObserver(() => {
  if (byId("to-end").hidden) toEnd(); // a picture or a longer text came, and the end was in view
});
resized.observe(list);
resized.observe(scroll);
byId("to-end").addEventListener("click", toEnd);
byId("start").addEventListener("click", () => sendText("/start", null));
byId("unblock").addEventListener("click", () => attempt(() => api.block(at(current), false)));
byId("block").addEventListener("click", () => {
  byId("chat-menu").hidePopover();
  attempt(() => api.block(at(current), !current.blocked));
});
byId("clear").addEventListener("click", () => {
  byId("chat-menu").hidePopover();
  attempt(() => api.clear(at(current)));
});
byId("promote").addEventListener("click", () => {
  byId("chat-menu").hidePopover();
  const leads = current.members[current.bot.id] === "administrator";
  attempt(() => api.setMember(at(current), current.bot.id, leads ? "member" : "administrator"));
});
byId("expel").addEventListener("click", () => {
  byId("chat-menu").hidePopover();
  const gone = ["left", "kicked"].includes(current.members[current.bot.id]);
  attempt(() => api.setMember(at(current), current.bot.id, gone ? "member" : "kicked"));
});
byId("upgrade").addEventListener("click", () => {
  byId("chat-menu").hidePopover();
  attempt(() => api.migrate(at(current)));
});
byId("language").addEventListener("change", async (event) => {
  const user = await attempt(() => api.speak(person.id, event.target.value));
  if (!user) return;
  people = people.map((one) => (one.id === user.id ? user : one));
  if (person.id === user.id) person = user;
  byId("language").value = person.language_code === "ru" ? "ru" : "en";
});
byId("people").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const ids = people.map((user) => user.id);
  become(ids[(ids.indexOf(person.id) + step + ids.length) % ids.length]);
});
onMessageMenu({
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  copy: (message) => navigator.clipboard?.writeText(message.text ?? message.caption),
  delete: (message) => attempt(() => api.remove({ id: message.chat.id, as: current.user.id }, message.message_id)),
});
byId("theme").addEventListener("click", () => {
  const chosen = document.documentElement.dataset.theme;
  const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
});

async function begin() {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
  try {
    person = { id: Number(sessionStorage.getItem("person")) };
    const seen = await loadAll();
    connected = true;
    const last = Number(sessionStorage.getItem("chat"));
    const isOther = people.some((user) => user.id === last) && last !== person.id;
    open(chats.has(last) && !isOther ? last : person.id);
    api.follow(Math.min(...seen), {
      event: happened,
      status(status) {
        botIsPolling = status.polling;
        showStatus();
      },
      connected(now) {
        connected = now;
        showStatus();
      },
    });
  } catch {
    connected = false;
    showStatus();
    setTimeout(begin, 2000);
  }
}

begin();
