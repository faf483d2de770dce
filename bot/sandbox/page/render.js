// Messages as elements. Text of people and of the bot only ever becomes text nodes.

import { fileAddress } from "./api.js";

const GROUP_SECONDS = 300;
const SAFE_LINK = /^(https?|tg|mailto):/i;
const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const nameOf = (user) => user.first_name;

export function avatar(user) {
  const made = element("span", `face face-${user.id % 7}`, nameOf(user).slice(0, 1));
  made.setAttribute("aria-hidden", "true");
  return made;
}

// What a message says, in one line.
export function summary(message) {
  const text = message.text ?? message.caption;
  if (message.photo) return text ? `🖼 ${text}` : "🖼 Photo";
  if (message.document) return `📎 ${message.document.file_name ?? "File"}`;
  return text ?? "Message";
}

export const dayOf = (message) =>
  new Date(message.date * 1000).toLocaleDateString([], { day: "numeric", month: "long" });

export const timeOf = (message) =>
  new Date(message.date * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export const continues = (message, previous) =>
  Boolean(previous) &&
  previous.from.id === message.from.id &&
  message.date - previous.date < GROUP_SECONDS &&
  dayOf(previous) === dayOf(message);

// Entities count UTF-16 units, as JavaScript's strings do; they are nested or apart.
export function formatted(text, entities = [], onCommand = () => {}) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const build = (start, end, inside) => {
    const pieces = [];
    let at = start;
    while (inside.length) {
      const entity = inside.shift();
      if (entity.offset < at) continue;
      const stop = Math.min(entity.offset + entity.length, end);
      const nested = [];
      while (inside.length && inside[0].offset < stop) nested.push(inside.shift());
      if (entity.offset > at) pieces.push(text.slice(at, entity.offset));
      const made = entityElement(entity, text.slice(entity.offset, stop), onCommand);
      made.append(...build(entity.offset, stop, nested));
      pieces.push(made);
      at = stop;
    }
    if (at < end) pieces.push(text.slice(at, end));
    return pieces;
  };
  return build(0, text.length, sorted);
}

function entityElement(entity, text, onCommand) {
  if (TAGS[entity.type]) return element(TAGS[entity.type]);
  if (entity.type === "text_link" || entity.type === "url") {
    const address = entity.url ?? text;
    if (!SAFE_LINK.test(address)) return element("span");
    const link = element("a");
    link.href = address;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }
  if (entity.type === "bot_command") {
    const button = element("button", "command");
    button.type = "button";
    button.addEventListener("click", () => onCommand(text));
    return button;
  }
  if (entity.type === "spoiler") {
    const button = element("button", "spoiler");
    button.type = "button";
    button.setAttribute("aria-label", "Hidden text, press to show");
    button.addEventListener("click", () => {
      button.classList.add("shown");
      button.removeAttribute("aria-label");
    });
    return button;
  }
  return element("span", entity.type === "mention" || entity.type === "hashtag" ? "mention" : "");
}

// One message as a list item. `on` has command(text), photo(image), press(message, button,
// element), quote(id) and menu(message, anchor).
export function messageElement(message, on) {
  const item = element("li", message.from.is_bot ? "message theirs" : "message mine");
  item.dataset.id = message.message_id;
  const bubble = element("div", "bubble");
  const who = element("span", "hidden", `${nameOf(message.from)}: `);
  bubble.append(who);
  if (message.reply_to_message) bubble.append(quoteElement(message.reply_to_message, on));
  if (message.photo) bubble.append(photoElement(message, on));
  if (message.document) bubble.append(documentElement(message.document));
  const text = message.text ?? message.caption;
  if (text) {
    const entities = message.entities ?? message.caption_entities;
    bubble.append(element("div", "text", ...formatted(text, entities, on.command)));
  }
  if (message.photo && !text) bubble.classList.add("only-photo");
  bubble.append(metaElement(message));
  const more = element("button", "more");
  more.type = "button";
  more.setAttribute("aria-label", "What to do with this message");
  more.setAttribute("aria-haspopup", "menu");
  more.addEventListener("click", () => on.menu(message, more));
  const rows = message.reply_markup?.inline_keyboard;
  const stack = element("div", "stack", bubble, rows ? keyboardElement(message, rows, on) : null);
  const line = element("div", "line", stack, more);
  line.addEventListener("contextmenu", (event) => {
    if (window.getSelection().toString() || event.target.closest("a, img, .key")) return;
    event.preventDefault();
    on.menu(message, more, event);
  });
  item.append(line);
  return item;
}

function metaElement(message) {
  const time = element("time", "", timeOf(message));
  time.dateTime = new Date(message.date * 1000).toISOString();
  const meta = element("span", "meta", message.edit_date ? "edited " : null, time);
  if (!message.from.is_bot) {
    const ticks = element("span", "ticks", "✓✓");
    ticks.setAttribute("aria-hidden", "true");
    meta.append(ticks);
  }
  return meta;
}

export function quoteElement(message, on) {
  const quote = element("button", "quote");
  quote.type = "button";
  if (message.photo) {
    const small = element("img");
    small.src = fileAddress(message.photo[0].file_unique_id);
    small.alt = "";
    quote.append(small);
  }
  quote.append(
    element("span", "", element("strong", "", nameOf(message.from)), element("span", "", summary(message))),
  );
  quote.addEventListener("click", () => on.quote(message.message_id));
  return quote;
}

function photoElement(message, on) {
  const largest = message.photo.at(-1);
  const image = element("img");
  image.width = largest.width;
  image.height = largest.height;
  image.alt = message.caption ? `Photo: ${message.caption}` : "Photo";
  image.src = fileAddress(largest.file_unique_id);
  const button = element("button", "photo", image);
  button.type = "button";
  button.setAttribute("aria-label", `${image.alt}, press to enlarge`);
  button.addEventListener("click", () => on.photo(image));
  return button;
}

function documentElement(file) {
  const size = file.file_size ?? 0;
  const shown =
    size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`;
  const name = file.file_name ?? "File";
  const link = element(
    "a",
    "document",
    element("span", "document-icon", "📄"),
    element("span", "", element("strong", "", name), element("small", "", shown)),
  );
  link.href = fileAddress(file.file_unique_id);
  link.download = name;
  return link;
}

function keyboardElement(message, rows, on) {
  const keyboard = element("div", "keyboard");
  for (const row of rows) {
    const line = element("div", "keyboard-row");
    for (const button of row) {
      const key = element(button.url ? "a" : "button", "key", element("span", "", button.text));
      if (button.url && SAFE_LINK.test(button.url)) {
        key.href = button.url;
        key.target = "_blank";
        key.rel = "noopener noreferrer";
      } else if (!button.url) {
        key.type = "button";
        key.addEventListener("click", () => on.press(message, button, key));
      }
      line.append(key);
    }
    keyboard.append(line);
  }
  return keyboard;
}

// A file on its way to the sandbox.
export function pendingElement(text, imageAddress) {
  const bubble = element("div", "bubble");
  if (imageAddress) {
    const image = element("img", "pending-image");
    image.src = imageAddress;
    image.alt = "Photo that is being sent";
    bubble.append(image);
  }
  if (text) bubble.append(element("div", "text", text));
  bubble.append(element("span", "meta", "sending…"));
  return element("li", "message mine pending tail", element("div", "line", element("div", "stack", bubble)));
}
