// The messages of the chat that is open, by day and grouped by who wrote them.

import { element } from "./element.js";
import * as render from "./render.js";

// All messages of an album in their order; a message of none is one by itself.
function albumOf(chat, message) {
  const group = message.media_group_id;
  if (!group) return chat.messages.has(message.message_id) ? [message] : [];
  return [...chat.messages.values()]
    .filter((other) => other.media_group_id === group)
    .sort((a, b) => a.message_id - b.message_id);
}

export class Timeline {
  #list;
  #handlers;
  #chat = null;

  constructor(list, handlers) {
    this.#list = list;
    this.#handlers = handlers;
  }

  get isEmpty() {
    return this.#list.children.length === 0;
  }

  show(chat) {
    this.#chat = chat;
    this.#list.setAttribute("aria-live", "off");
    this.#list.replaceChildren();
    for (const message of chat.messages.values()) this.place(message);
    this.#list.setAttribute("aria-live", "polite");
  }

  // Show a message where it belongs, or anew.
  place(message) {
    const chat = this.#chat;
    const view = { viewer: chat.user.id, isPrivate: chat.chat.type === "private" };
    const made = render.messageElement(albumOf(chat, message), view, this.#handlers);
    const old = this.#find(message);
    if (old) {
      const focused = [...old.querySelectorAll(".key")].indexOf(document.activeElement);
      old.replaceWith(made);
      if (focused >= 0) made.querySelectorAll(".key")[focused]?.focus();
    } else {
      const next = [...this.#list.querySelectorAll("[data-id]")].find(
        (item) => Number(item.dataset.id) > message.message_id,
      );
      this.#list.insertBefore(made, next ?? this.#list.querySelector(".pending"));
    }
    this.#regroup();
  }

  // Take away a message that the chat does not hold any more; the rest of its album stays.
  remove(message) {
    const [left] = albumOf(this.#chat, message);
    this.#find(message)?.remove();
    if (left) this.place(left);
    this.#regroup();
  }

  // Files that are on their way; `remove()` the element when they have come.
  addPending(element) {
    this.#list.append(element);
  }

  scrollTo(id) {
    const found = this.#list.querySelector(`[data-id="${id}"], [data-photo="${id}"]`);
    const item = found?.closest("li");
    if (!item) return;
    item.scrollIntoView({ block: "center", behavior: "smooth" });
    item.classList.add("found");
    setTimeout(() => item.classList.remove("found"), 1600);
  }

  #find(message) {
    return this.#list.querySelector(
      message.media_group_id
        ? `[data-group="${message.media_group_id}"]`
        : `[data-id="${message.message_id}"]`,
    );
  }

  // Days and groups depend on the neighbours of a message.
  #regroup() {
    this.#list.querySelectorAll(".day").forEach((day) => day.remove());
    let previous = null;
    for (const item of this.#list.querySelectorAll("[data-id]")) {
      const message = this.#chat.messages.get(Number(item.dataset.id));
      if (!previous || render.dayOf(previous.message) !== render.dayOf(message)) {
        item.before(element("li", "day", element("span", "", render.dayOf(message))));
      }
      const joined = render.continues(message, previous?.message);
      item.classList.toggle("joined", joined);
      item.classList.add("tail");
      if (joined) previous.item.classList.remove("tail");
      previous = { item, message };
    }
  }
}
