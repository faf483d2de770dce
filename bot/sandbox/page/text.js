// The text of a message with its links, commands and styles.

import { element } from "./element.js";

export const SAFE_LINK = /^(https?|tg|mailto):/i;
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
