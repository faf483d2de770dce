// Messages as elements.

import { fileAddress } from "./api.js";
import { element } from "./element.js";
import { formatted, SAFE_LINK } from "./text.js";

const GROUP_SECONDS = 300;

export const nameOf = (who) => who?.first_name ?? who?.title ?? "";
export const authorOf = (message) => message.from ?? message.sender_chat;

export function avatar(user) {
  const made = element("span", `face face-${Math.abs(user.id) % 7}`, nameOf(user).slice(0, 1));
  made.setAttribute("aria-hidden", "true");
  return made;
}

// What a message says, in one line.
export function summary(message) {
  const text = message.text ?? message.caption;
  if (message.photo) return text ? `🖼 ${text}` : "🖼 Photo";
  if (message.sticker) return `${message.sticker.emoji ?? "🖼"} Sticker`;
  if (message.video) return text ? `🎬 ${text}` : "🎬 Video";
  if (message.document) return `📎 ${message.document.file_name ?? "File"}`;
  return text ?? serviceText(message) ?? "Message";
}

// What a service message tells, or null for a message of someone.
export function serviceText(message) {
  const who = nameOf(authorOf(message));
  if (message.migrate_to_chat_id) return "The group was upgraded to a supergroup";
  if (message.migrate_from_chat_id) return "This is a supergroup now";
  if (message.new_chat_members) {
    return `${who} added ${message.new_chat_members.map(nameOf).join(", ")}`;
  }
  if (message.left_chat_member) {
    const left = nameOf(message.left_chat_member);
    return left === who ? `${who} left` : `${who} removed ${left}`;
  }
  return null;
}

export const dayOf = (message) =>
  new Date(message.date * 1000).toLocaleDateString([], { day: "numeric", month: "long" });

export const timeOf = (message) =>
  new Date(message.date * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

export const continues = (message, previous) =>
  Boolean(previous) &&
  !serviceText(message) &&
  !serviceText(previous) &&
  authorOf(previous).id === authorOf(message).id &&
  message.date - previous.date < GROUP_SECONDS &&
  dayOf(previous) === dayOf(message);

// One message, or the photos of one album, as a list item. `view` says how the chat is seen:
// {viewer: a person's id, isPrivate}. `on` has command(text), photo(image), press(message, button,
// element), quote(id) and menu(message, anchor).
export function messageElement(messages, view, on) {
  const [message] = messages;
  const author = authorOf(message);
  const mine = author.id === view.viewer;
  const item = element("li", mine ? "message mine" : "message theirs");
  item.dataset.id = message.message_id;
  if (message.media_group_id) item.dataset.group = message.media_group_id;
  const service = serviceText(message);
  if (service) {
    item.className = "service";
    item.append(element("span", "", service));
    return item;
  }
  const bubble = element("div", "bubble");
  const named = !mine && !view.isPrivate;
  const name = nameOf(author);
  bubble.append(
    named
      ? element("span", `author author-${Math.abs(author.id) % 7}`, name)
      : element("span", "hidden", `${name}: `),
  );
  if (message.reply_to_message) bubble.append(quoteElement(message.reply_to_message, on));
  const photos = messages.filter((one) => one.photo);
  if (photos.length) bubble.append(photosElement(photos, on));
  if (message.sticker) {
    item.classList.add("sticker");
    bubble.append(stickerElement(message.sticker));
  }
  if (message.video) bubble.append(documentElement(message.video, "🎬"));
  for (const one of messages) if (one.document) bubble.append(documentElement(one.document, "📄"));
  const written = messages.find((one) => one.text ?? one.caption);
  if (written) {
    const text = written.text ?? written.caption;
    const entities = written.entities ?? written.caption_entities;
    bubble.append(element("div", "text", ...formatted(text, entities, on.command)));
  }
  if (photos.length && !written) bubble.classList.add("only-photo");
  bubble.append(metaElement(message, mine));
  const more = element("button", "more");
  more.type = "button";
  more.setAttribute("aria-label", "What to do with this message");
  more.setAttribute("aria-haspopup", "menu");
  more.addEventListener("click", () => on.menu(written ?? message, more));
  const rows = message.reply_markup?.inline_keyboard;
  const stack = element("div", "stack", bubble, rows ? keyboardElement(message, rows, on) : null);
  const line = element("div", "line", named ? avatar(author) : null, stack, more);
  line.addEventListener("contextmenu", (event) => {
    if (window.getSelection().toString() || event.target.closest("a, img, .key")) return;
    event.preventDefault();
    on.menu(written ?? message, more, event);
  });
  item.append(line);
  return item;
}

function metaElement(message, mine) {
  const time = element("time", "", timeOf(message));
  time.dateTime = new Date(message.date * 1000).toISOString();
  const meta = element("span", "meta", message.edit_date ? "edited " : null, time);
  if (mine) {
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
    element("span", "", element("strong", "", nameOf(authorOf(message))), element("span", "", summary(message))),
  );
  quote.addEventListener("click", () => on.quote(message.message_id));
  return quote;
}

function photosElement(messages, on) {
  if (messages.length === 1) return photoElement(messages[0], on);
  const pictures = messages.map((message) => photoElement(message, on));
  return element("div", `album album-${Math.min(messages.length, 4)}`, ...pictures);
}

function stickerElement(sticker) {
  if (sticker.is_animated || sticker.is_video) {
    return element("div", "sticker-moving", sticker.emoji ?? "🖼", element("small", "", "animated"));
  }
  const image = element("img", "sticker-image");
  image.src = fileAddress(sticker.file_unique_id);
  image.width = sticker.width;
  image.height = sticker.height;
  image.alt = "Sticker";
  return image;
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
  button.dataset.photo = message.message_id;
  button.setAttribute("aria-label", `${image.alt}, press to enlarge`);
  button.addEventListener("click", () => on.photo(image));
  return button;
}

function documentElement(file, icon) {
  const size = file.file_size ?? 0;
  const shown =
    size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`;
  const name = file.file_name ?? "File";
  const link = element(
    "a",
    "document",
    thumbnailElement(file) ?? element("span", "document-icon", icon),
    element("span", "", element("strong", "", name), element("small", "", shown)),
  );
  link.href = fileAddress(file.file_unique_id);
  link.download = name;
  return link;
}

function thumbnailElement(file) {
  if (!file.thumbnail) return null;
  const image = element("img", "document-picture");
  image.src = fileAddress(file.thumbnail.file_unique_id);
  image.alt = "";
  return image;
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
export function pendingElement(text, imageAddresses) {
  const bubble = element("div", "bubble");
  const pictures = imageAddresses.map((address) => {
    const image = element("img", "pending-image");
    image.src = address;
    image.alt = "Photo that is being sent";
    return image;
  });
  if (pictures.length > 1) {
    bubble.append(element("div", `album album-${Math.min(pictures.length, 4)}`, ...pictures));
  } else bubble.append(...pictures);
  if (text) bubble.append(element("div", "text", text));
  bubble.append(element("span", "meta", "sending…"));
  return element("li", "message mine pending tail", element("div", "line", element("div", "stack", bubble)));
}
