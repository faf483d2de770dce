// The chat page: keeps what the sandbox tells about the chats, and shows one of them.

import * as api from "./api.js";
import { onChatMenu, showChatMenu } from "./chat_menu.js";
import { Composer } from "./composer.js";
import { alertDialog, onMessageMenu, showMessageMenu, showPhoto, toast } from "./dialogs.js";
import * as render from "./render.js";
import * as side from "./side.js";
import { showStatus as tellStatus } from "./status.js";
import { load, loadAll, store } from "./store.js";
import "./theme.js";
import { Timeline } from "./timeline.js";

const byId = (id) => document.getElementById(id);
const MOST_IN_ALBUM = 10;
const TYPING_MILLISECONDS = 5500; // Telegram shows a chat action for five seconds
const ACTIONS = { typing: "is typing…", upload_photo: "is sending a photo…" };

let current = null;
let connected = false;
let switched = Promise.resolve(); // once the page is used as whoever was chosen last

const scroll = byId("scroll");
const list = byId("messages");
const { chats } = store;
const composer = new Composer({ text: sendText, files: sendFiles, editText, editFile });

const handlers = {
  command: (text) => sendText(text, null),
  photo: showPhoto,
  quote: (id) => timeline.scrollTo(id),
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

const timeline = new Timeline(list, handlers);

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
  await switched;
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
  await switched;
  const chat = current;
  const together = kind === "sticker" ? 1 : MOST_IN_ALBUM;
  for (let first = 0; first < files.length; first += together) {
    const some = files.slice(first, first + together);
    const shown = kind === "document" ? [] : some.map((file) => URL.createObjectURL(file));
    const words = first === 0 && kind !== "sticker" ? caption : "";
    const names = some.map((file) => file.name).join(", ");
    const pending = render.pendingElement(kind === "document" ? names : words, shown);
    if (chat === current) {
      timeline.addPending(pending);
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
    timeline.place(message);
    byId("welcome").hidden = true;
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
    timeline.remove(gone);
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
    await load(at(chat));
    if (chat === current) showPrompt();
  } else if (["clear", "blocked", "unblocked", "commands", "members"].includes(event.kind)) {
    await load(at(chat));
    if (chat === current) open(event.chat_id);
  }
}

// What is written while the other person's chats are still loading is sent as that person.
function become(id) {
  composer.stop();
  switched = switched.then(() => attempt(() => switchTo(id)));
}

async function switchTo(id) {
  if (id === store.person.id) return;
  const wasPrivate = current.chat.type === "private";
  const place = current.chat.id;
  store.person = store.people.find((user) => user.id === id);
  sessionStorage.setItem("person", id);
  await attempt(loadAll);
  open(wasPrivate || !chats.has(place) ? id : place);
}

// Showing

function showLanguage() {
  const field = byId("language");
  field.value = store.person.language_code;
  if (field.selectedIndex < 0) field.value = "en";
}

function open(id) {
  current = chats.get(id);
  current.unread = 0;
  sessionStorage.setItem("chat", id);
  const { chat, bot, blocked, can_write: canWrite } = current;
  const isPrivate = chat.type === "private";
  byId("bot-name").textContent = isPrivate ? bot.name : chat.title;
  byId("avatar").replaceChildren(side.face(current));
  byId("description").textContent = {
    private: bot.description || "Send a photo, and the bot describes it.",
    channel: "/autocaption on, and the bot describes every photo for who cannot see it.",
  }[chat.type] ?? `Mention @${bot.username} in the caption of a photo, or reply to one with /caption.`;
  byId("start").hidden = !isPrivate;
  byId("form").hidden = blocked || !canWrite;
  byId("blocked").hidden = !blocked;
  byId("read-only").hidden = blocked || canWrite;
  showChatMenu(current);
  byId("caption").placeholder = isPrivate ? "Add a caption" : `Caption: @${bot.username} asks the bot`;
  showLanguage();
  composer.addressed = isPrivate ? "" : `@${bot.username}`;
  composer.commands = current.commands;
  composer.reply(null);
  timeline.show(current);
  showSide();
  showStatus();
  showWelcome();
  showPrompt();
  toEnd();
}

// What a bot waits for is quoted already, as in Telegram's apps.
function showPrompt() {
  const asked = current.prompt && current.messages.get(current.prompt.message_id);
  if (asked) composer.prompt(asked, current.prompt.placeholder);
}

function showWelcome() {
  byId("welcome").hidden = !timeline.isEmpty || current.blocked;
}

function showSide() {
  side.showSide({ ...store, current }, { become, open });
}

const showStatus = () => tellStatus(current, { connected, botIsPolling: store.botIsPolling });

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
byId("language").addEventListener("change", async (event) => {
  const user = await attempt(() => api.speak(store.person.id, event.target.value));
  if (!user) return;
  store.people = store.people.map((one) => (one.id === user.id ? user : one));
  if (store.person.id === user.id) store.person = user;
  showLanguage();
});
onChatMenu((action) => attempt(() => action(at(current), current)));
byId("people").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const ids = store.people.map((user) => user.id);
  become(ids[(ids.indexOf(store.person.id) + step + ids.length) % ids.length]);
});
onMessageMenu({
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  copy: (message) => navigator.clipboard?.writeText(message.text ?? message.caption),
  delete: (message) => attempt(() => api.remove({ id: message.chat.id, as: current.user.id }, message.message_id)),
});

async function begin() {
  try {
    store.person = { id: Number(sessionStorage.getItem("person")) };
    const seen = await loadAll();
    connected = true;
    const last = Number(sessionStorage.getItem("chat"));
    const isOther = store.people.some((user) => user.id === last) && last !== store.person.id;
    open(chats.has(last) && !isOther ? last : store.person.id);
    api.follow(Math.min(...seen), {
      event: happened,
      status(status) {
        store.botIsPolling = status.polling;
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
