// What lies above the chat for a moment: toasts, alerts, the enlarged photo, a message's menu.

const byId = (id) => document.getElementById(id);
const TOAST_MILLISECONDS = 3500;
let toastTimer = 0;
let menuMessage = null;

export function toast(text, isError = false) {
  const box = byId("toast");
  box.textContent = text;
  box.classList.toggle("error", isError);
  box.hidePopover();
  box.showPopover(); // again, so that it lies above a dialog that was opened since
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => box.hidePopover(), TOAST_MILLISECONDS);
}

export function alertDialog(text) {
  byId("alert-text").textContent = text;
  byId("alert").showModal();
}

export function showPhoto(image) {
  byId("viewer-image").src = image.src;
  byId("viewer-image").alt = image.alt;
  byId("viewer").showModal();
}

// Open the menu of a message below `anchor`, or where the mouse event `at` was.
export function showMessageMenu(message, { canEdit }, anchor, at) {
  menuMessage = message;
  const menu = byId("message-menu");
  menu.querySelector("[data-action=copy]").hidden = !(message.text ?? message.caption);
  menu.querySelector("[data-action=edit]").hidden = !canEdit;
  menu.showPopover();
  const box = anchor.getBoundingClientRect();
  const x = at?.clientX ?? box.left;
  const y = at?.clientY ?? box.bottom;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - menu.offsetHeight - 8))}px`;
  menu.querySelector("button").focus();
}

// `actions` maps the menu's actions to functions of the message.
export function onMessageMenu(actions) {
  byId("message-menu").addEventListener("click", (event) => {
    const action = actions[event.target.dataset.action];
    byId("message-menu").hidePopover();
    action?.(menuMessage);
  });
}
