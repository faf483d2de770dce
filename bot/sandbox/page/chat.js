// The chat page: keeps what the sandbox tells about the chats, and shows one of them.

import * as api from "./api.js";
import { Composer } from "./composer.js";
import { alertDialog, onMessageMenu, showMessageMenu, showPhoto, toast } from "./dialogs.js";
import * as render from "./render.js";

const byId = (id) => document.getElementById(id);
const TYPING_MILLISECONDS = 5500; // Telegram shows a chat action for five seconds
const ACTIONS = { typing: "is typing…", upload_photo: "is sending a photo…" };

const chats = new Map(); // id → {user, bot, blocked, commands, messages: Map, unread, typing}
let current = null;
let connected = false;
let botIsPolling = false;

const scroll = byId("scroll");
const list = byId("messages");
const composer = new Composer({ text: sendText, files: sendFiles });

const handlers = {
  command: (text) => sendText(text, null),
  photo: showPhoto,
  quote(id) {
    const item = list.querySelector(`[data-id="${id}"]`);
    if (!item) return;
    item.scrollIntoView({ block: "center", behavior: "smooth" });
    item.classList.add("found");
    setTimeout(() => item.classList.remove("found"), 1600);
  },
  async press(message, button, key) {
    if (key.classList.contains("waiting")) return;
    key.classList.add("waiting");
    try {
      const answer = await api.press(message.chat.id, message.message_id, button.callback_data);
      if (!answer.answered) toast("The bot has not answered this button.");
      else if (answer.text && answer.show_alert) alertDialog(answer.text);
      else if (answer.text) toast(answer.text);
    } catch (error) {
      toast(error.message, true);
    } finally {
      key.classList.remove("waiting");
    }
  },
  menu: showMessageMenu,
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

async function sendText(text, replyTo) {
  const chat = current;
  const sent = await attempt(() => api.sendText(chat.user.id, text, replyTo));
  if (sent) keep(chat, sent);
  else if (chat === current && !composer.text.value) composer.text.value = text;
}

async function sendFiles(files, { asPhoto, caption, replyTo }) {
  const chat = current;
  for (const [index, file] of files.entries()) {
    const shown = asPhoto ? URL.createObjectURL(file) : null;
    const words = index === 0 ? caption : "";
    const pending = render.pendingElement(asPhoto ? words : file.name, shown);
    if (chat === current) {
      list.append(pending);
      byId("welcome").hidden = true;
      toEnd();
    }
    const sent = await attempt(() =>
      api.sendFile(chat.user.id, file, { asPhoto, caption: words, replyTo }),
    );
    pending.remove();
    if (shown) URL.revokeObjectURL(shown);
    if (!sent) break;
    keep(chat, sent);
  }
  showWelcome();
}

// What happens

function keep(chat, message) {
  const isNew = !chat.messages.has(message.message_id);
  chat.messages.set(message.message_id, message);
  if (message.from.is_bot) chat.typing = null;
  if (chat === current) {
    const stay = isNew && !message.from.is_bot ? true : isAtEnd();
    placeMessage(message);
    if (stay) toEnd();
    else if (isNew) byId("to-end").classList.add("news");
  } else if (isNew && message.from.is_bot) {
    chat.unread += 1;
  }
  showPeople();
  showStatus();
}

function forget(chat, id) {
  chat.messages.delete(id);
  if (chat === current) {
    list.querySelector(`[data-id="${id}"]`)?.remove();
    regroup();
    showWelcome();
  }
  showPeople();
}

async function happened(event) {
  const chat = chats.get(event.chat_id);
  if (!chat) return;
  if (event.message) keep(chat, event.message);
  else if (event.kind === "delete") forget(chat, event.message_id);
  else if (event.kind === "action") {
    chat.typing = { what: ACTIONS[event.action] ?? "is busy…", until: Date.now() + TYPING_MILLISECONDS };
    setTimeout(showStatus, TYPING_MILLISECONDS + 50);
    showStatus();
  } else if (["clear", "blocked", "unblocked", "commands"].includes(event.kind)) {
    await load(chat.user.id);
    if (chats.get(event.chat_id).user.id === current.user.id) open(current.user.id);
  }
}

async function load(id) {
  const told = await api.chat(id);
  const before = chats.get(id);
  chats.set(id, {
    ...told,
    messages: new Map(told.messages.map((message) => [message.message_id, message])),
    unread: before?.unread ?? 0,
    typing: before?.typing ?? null,
  });
  botIsPolling = told.bot.polling;
  return told.last_event;
}

// Showing

function open(id) {
  current = chats.get(id);
  current.unread = 0;
  sessionStorage.setItem("person", id);
  byId("bot-name").textContent = current.bot.name;
  if (current.bot.description) byId("description").textContent = current.bot.description;
  byId("form").hidden = current.blocked;
  byId("blocked").hidden = !current.blocked;
  byId("block").textContent = current.blocked ? "Unblock the bot" : "Block the bot";
  composer.commands = current.commands;
  composer.reply(null);
  list.setAttribute("aria-live", "off");
  list.replaceChildren();
  for (const message of current.messages.values()) placeMessage(message);
  list.setAttribute("aria-live", "polite");
  showPeople();
  showStatus();
  showWelcome();
  toEnd();
}

function placeMessage(message) {
  const made = render.messageElement(message, handlers);
  const old = list.querySelector(`[data-id="${message.message_id}"]`);
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

function showPeople() {
  const buttons = [...chats.values()].map((chat) => {
    const last = [...chat.messages.values()].at(-1);
    const button = render.element(
      "button",
      "person",
      render.avatar(chat.user),
      render.element(
        "span",
        "person-text",
        render.element("strong", "", render.nameOf(chat.user)),
        render.element("small", "", last ? render.summary(last) : "No messages yet"),
      ),
      chat.unread ? render.element("span", "unread", String(chat.unread)) : null,
    );
    button.type = "button";
    button.dataset.person = chat.user.id;
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(chat === current));
    button.tabIndex = chat === current ? 0 : -1;
    button.addEventListener("click", () => open(chat.user.id));
    return button;
  });
  const people = byId("people");
  const hadFocus = people.contains(document.activeElement);
  people.replaceChildren(...buttons);
  if (hadFocus) people.querySelector("[aria-checked=true]")?.focus();
}

function showStatus() {
  const status = byId("status");
  const typing = current?.typing && current.typing.until > Date.now();
  status.classList.toggle("typing", Boolean(connected && typing));
  status.classList.toggle("offline", !connected || !botIsPolling);
  if (!connected) status.textContent = "waiting for the sandbox…";
  else if (typing) status.textContent = current.typing.what;
  else status.textContent = botIsPolling ? "bot, online" : "bot, not running";
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
byId("unblock").addEventListener("click", () => attempt(() => api.block(current.user.id, false)));
byId("block").addEventListener("click", () => {
  byId("chat-menu").hidePopover();
  attempt(() => api.block(current.user.id, !current.blocked));
});
byId("clear").addEventListener("click", () => {
  byId("chat-menu").hidePopover();
  attempt(() => api.clear(current.user.id));
});
byId("people").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const ids = [...chats.keys()];
  open(ids[(ids.indexOf(current.user.id) + step + ids.length) % ids.length]);
  byId("people").querySelector("[aria-checked=true]").focus();
});
onMessageMenu({
  reply: (message) => composer.reply(message),
  copy: (message) => navigator.clipboard?.writeText(message.text ?? message.caption),
  delete: (message) => attempt(() => api.remove(message.chat.id, message.message_id)),
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
    const seen = [];
    for (const user of await api.users()) seen.push(await load(user.id));
    connected = true;
    const last = Number(sessionStorage.getItem("person"));
    open(chats.has(last) ? last : chats.keys().next().value);
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
