// The menu of a chat: what a person can do with the bot in it.

import * as api from "./api.js";

const byId = (id) => document.getElementById(id);
const LEADS = "administrator";
const isPresent = (status) => ["member", LEADS].includes(status);

export function showChatMenu({ chat, bot, blocked, members }) {
  const isPrivate = chat.type === "private";
  const status = members[bot.id];
  byId("block").hidden = !isPrivate;
  byId("block").textContent = blocked ? "Unblock the bot" : "Block the bot";
  byId("promote").hidden = isPrivate || !isPresent(status);
  byId("promote").textContent =
    status === LEADS ? "Take away the bot's rights" : "Make the bot an administrator";
  byId("expel").hidden = isPrivate;
  byId("expel").textContent = isPresent(status) ? "Remove the bot" : "Add the bot";
  byId("upgrade").hidden = chat.type !== "group";
}

// `perform(action)` calls the action with the address of the open chat and with the chat, and tells
// what went wrong.
export function onChatMenu(perform) {
  const entries = {
    block: (where, { blocked }) => api.block(where, !blocked),
    clear: (where) => api.clear(where),
    promote: (where, { bot, members }) =>
      api.setMember(where, bot.id, members[bot.id] === LEADS ? "member" : LEADS),
    expel: (where, { bot, members }) =>
      api.setMember(where, bot.id, isPresent(members[bot.id]) ? "kicked" : "member"),
    upgrade: (where) => api.migrate(where),
  };
  for (const [id, action] of Object.entries(entries)) {
    byId(id).addEventListener("click", () => {
      byId("chat-menu").hidePopover();
      perform(action);
    });
  }
  byId("unblock").addEventListener("click", () => perform((where) => api.block(where, false)));
}
