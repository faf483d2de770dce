// What the sandbox has told: the people, and their chats.

import * as api from "./api.js";

export const store = {
  // By id: {user (who looks), chat, bot, members, blocked, commands, messages: Map, fromBot, …}
  chats: new Map(),
  people: [],
  person: null, // who the page is used as
  botIsPolling: false,
};

// A chat stays the same object, so that whoever shows it need not ask for it again.
export async function load(where) {
  const told = await api.chat(where);
  const chat = store.chats.get(where.id) ?? { unread: 0, typing: null };
  Object.assign(chat, told, {
    messages: new Map(told.messages.map((message) => [message.message_id, message])),
    fromBot: new Set(told.from_bot),
  });
  store.chats.set(where.id, chat);
  store.botIsPolling = told.bot.polling;
  return told.last_event;
}

// Private chats are seen by whom they belong to, the others by whom the page is used as.
export async function loadAll() {
  store.people = await api.users();
  store.person = store.people.find((user) => user.id === store.person?.id) ?? store.people[0];
  const shared = (await api.chatsOf(store.person.id)).filter((chat) => chat.type !== "private");
  const wanted = [
    ...store.people.map((user) => ({ id: user.id, as: user.id })),
    ...shared.map((chat) => ({ id: chat.id, as: store.person.id })),
  ];
  for (const id of store.chats.keys()) {
    if (!wanted.some((where) => where.id === id)) store.chats.delete(id);
  }
  return Promise.all(wanted.map(load));
}
