// Beside the chat: who the page can be used as, and the chats of that person.

import { element } from "./element.js";
import * as render from "./render.js";

export function face(chat) {
  if (chat.chat.type !== "private") return render.avatar(chat.chat);
  const image = element("img");
  image.src = "icon.svg";
  image.alt = "";
  image.width = image.height = 44;
  return image;
}

const unreadElement = (count) =>
  count ? element("span", "unread", String(count)) : null;

// `become` a person, `open` a chat: what a press does, given an id.
export function showSide({ people, person, chats, current }, { become, open }) {
  const choices = people.map((user) => {
    const button = element(
      "button",
      "person",
      render.avatar(user),
      element("span", "", render.nameOf(user)),
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
  const side = document.getElementById("people");
  const hadFocus = side.contains(document.activeElement);
  side.replaceChildren(...choices);
  if (hadFocus) side.querySelector("[aria-checked=true]")?.focus();

  const shared = [...chats.values()].filter((chat) => chat.chat.type !== "private");
  const entries = [chats.get(person.id), ...shared].map((chat) => {
    const last = [...chat.messages.values()].at(-1);
    const name = chat.chat.type === "private" ? chat.bot.name : chat.chat.title;
    const button = element(
      "button",
      "chat-entry",
      face(chat),
      element(
        "span",
        "entry-text",
        element("strong", "", name),
        element("small", "", last ? render.summary(last) : "No messages yet"),
      ),
      unreadElement(chat.unread),
    );
    button.type = "button";
    if (chat === current) button.setAttribute("aria-current", "page");
    button.addEventListener("click", () => open(chat.chat.id));
    return button;
  });
  document.getElementById("chats").replaceChildren(...entries);
}
