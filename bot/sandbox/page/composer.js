// Writing: the text field, the commands menu, attached, pasted and dropped files.

import { element } from "./element.js";
import { quoteElement } from "./render.js";

const byId = (id) => document.getElementById(id);
const AS_PHOTO = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/bmp"]);

// `on` has text(text, replyTo), files(files, {kind, caption, replyTo}), and for a message being
// changed editText(message, text) and editFile(message, file, {kind, caption}).
export class Composer {
  #on;
  #commands = [];
  #replyTo = null;
  #editing = null;
  #chosen = -1;

  constructor(on) {
    this.#on = on;
    this.text = byId("text");
    this.list = byId("commands");
    byId("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("input", () => this.#changed());
    this.text.addEventListener("keydown", (event) => this.#key(event));
    byId("commands-button").addEventListener("click", () => this.#toggleCommands());
    byId("quoting-cancel").addEventListener("click", () => this.stop());
    byId("attach").addEventListener("click", () => byId("file").click());
    byId("file").addEventListener("change", (event) => {
      this.preview([...event.target.files]);
      event.target.value = "";
    });
    byId("preview-cancel").addEventListener("click", () => byId("preview").close("cancel"));
    document.addEventListener("paste", (event) => this.#paste(event));
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".composer")) this.#hideCommands();
    });
    this.#listenForDrops();
    this.#changed();
  }

  // What a command ends with: in groups the bot's name, as there may be several bots.
  addressed = "";

  set commands(commands) {
    this.#commands = commands;
    byId("commands-button").hidden = commands.length === 0;
  }

  // Quote a message in what is sent next; null quotes none.
  reply(message) {
    this.#editing = null;
    this.#replyTo = message?.message_id ?? null;
    this.#quote(message);
  }

  // Answer what a bot asks for, with its words in the empty field.
  prompt(message, placeholder) {
    this.reply(message);
    if (placeholder) this.text.placeholder = placeholder;
  }

  // Change a message: its text now stands in the field, an attached file takes its file's place.
  edit(message) {
    this.reply(message);
    this.#replyTo = null;
    this.#editing = message;
    this.text.value = message.text ?? message.caption ?? "";
    this.#changed();
  }

  // Neither reply nor edit any more.
  stop() {
    if (this.#editing) this.text.value = "";
    this.reply(null);
    this.#changed();
  }

  #quote(message) {
    this.text.placeholder = "Message or photo";
    byId("quoting").hidden = !message;
    byId("quoting-text").replaceChildren(
      ...(message ? [quoteElement(message, { quote: () => {} })] : []),
    );
    if (message) this.text.focus();
  }

  // Show chosen files and ask how to send them.
  async preview(files) {
    if (!files.length || byId("form").hidden) return;
    const editing = this.#editing;
    if (editing) files = files.slice(0, 1);
    const dialog = byId("preview");
    const photos = files.every((file) => AS_PHOTO.has(file.type));
    const addresses = files.map((file) => URL.createObjectURL(file));
    byId("preview-title").textContent =
      editing ? "Change the photo or file" : files.length === 1
        ? photos ? "Send a photo" : "Send a file"
        : `Send ${files.length} ${photos ? "photos" : "files"}`;
    const kinds = Object.fromEntries(
      ["photo", "document", "sticker"].map((kind) => [kind, byId(`as-${kind}`)]),
    );
    kinds.photo.disabled = !photos;
    kinds.sticker.disabled = Boolean(editing);
    kinds[photos ? "photo" : "document"].checked = true;
    byId("caption").value = this.text.value.startsWith("/") ? "" : this.text.value;
    byId("thumbs").replaceChildren(
      ...files.map((file, index) => {
        if (!AS_PHOTO.has(file.type)) {
          return element("div", "thumb-file", element("span", "document-icon", "📄"), file.name);
        }
        const image = element("img");
        image.src = addresses[index];
        image.alt = file.name;
        return image;
      }),
    );
    dialog.returnValue = "cancel";
    dialog.showModal();
    byId("preview-send").focus();
    await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    addresses.forEach((address) => URL.revokeObjectURL(address));
    if (dialog.returnValue !== "send") return;
    const caption = byId("caption").value.trim();
    const replyTo = this.#replyTo;
    if (!this.text.value.startsWith("/")) this.text.value = "";
    this.reply(null);
    this.#changed();
    const kind = Object.keys(kinds).find((name) => kinds[name].checked);
    if (editing) this.#on.editFile(editing, files[0], { kind, caption });
    else this.#on.files(files, { kind, caption, replyTo });
  }

  #send() {
    const text = this.text.value.trim();
    if (!text) return;
    const replyTo = this.#replyTo;
    const editing = this.#editing;
    this.text.value = "";
    this.reply(null);
    this.#changed();
    this.#hideCommands();
    if (editing) this.#on.editText(editing, text);
    else this.#on.text(text, replyTo);
  }

  #changed() {
    const { text } = this;
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 160)}px`;
    byId("send").disabled = !text.value.trim();
    if (/^\/\w*$/.test(text.value)) this.#showCommands(text.value.slice(1).toLowerCase());
    else this.#hideCommands();
  }

  #key(event) {
    const options = [...this.list.children];
    if (!this.list.hidden && options.length && ["ArrowUp", "ArrowDown"].includes(event.key)) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#choose((this.#chosen + step + options.length) % options.length);
    } else if (!this.list.hidden && this.#chosen >= 0 && ["Enter", "Tab"].includes(event.key)) {
      event.preventDefault();
      options[this.#chosen].click();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "Escape") {
      this.#hideCommands();
      this.stop();
    }
  }

  #choose(index) {
    this.#chosen = index;
    [...this.list.children].forEach((option, place) =>
      option.setAttribute("aria-selected", String(place === index)),
    );
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
  }

  #toggleCommands() {
    if (this.list.hidden) this.#showCommands("");
    else this.#hideCommands();
    this.text.focus();
  }

  #showCommands(start) {
    const fitting = this.#commands.filter((entry) => entry.command.startsWith(start));
    this.list.replaceChildren(
      ...fitting.map((entry) => {
        const option = element(
          "button",
          "option",
          element("strong", "", `/${entry.command}`),
          element("span", "", entry.description),
        );
        option.type = "button";
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.addEventListener("click", () => {
          this.text.value = `/${entry.command}${this.addressed}`;
          this.#send();
          this.text.focus();
        });
        return option;
      }),
    );
    this.#chosen = -1;
    this.list.hidden = fitting.length === 0;
    byId("commands-button").setAttribute("aria-expanded", String(!this.list.hidden));
  }

  #hideCommands() {
    this.list.hidden = true;
    this.#chosen = -1;
    byId("commands-button").setAttribute("aria-expanded", "false");
  }

  #paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.preview(files);
  }

  #listenForDrops() {
    const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const show = (shown) => document.body.classList.toggle("dropping", shown);
    document.addEventListener("dragover", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      show(true);
    });
    document.addEventListener("dragleave", (event) => {
      if (event.relatedTarget === null) show(false);
    });
    document.addEventListener("drop", (event) => {
      show(false);
      if (!carriesFiles(event)) return;
      event.preventDefault();
      this.preview([...event.dataTransfer.files]);
    });
  }
}
