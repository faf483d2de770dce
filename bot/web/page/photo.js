/** One photo on the page, from its file to its captions and what is said about them. */

import { ask } from "./api.js";
import { drawHeat } from "./heat.js";
import { made, text } from "./texts.js";

export class PhotoCard {
  /** A card for a file that is to be sent, or for a photo that the server has already. */
  constructor(file) {
    this.file = file;
    this.element = made("photo");
    this.image = this.element.querySelector("img");
    this.canvas = this.element.querySelector("canvas");
    this.state = this.element.querySelector(".state");
    this.element.querySelector(".remove").addEventListener("click", () => this.remove());
    if (file) {
      this.image.src = URL.createObjectURL(file);
      this.image.alt = file.name;
      // Some kinds only the server can show.
      this.image.addEventListener("error", () => {
        URL.revokeObjectURL(this.image.src);
        this.image.removeAttribute("src");
        if (this.photo?.status === "done") this.showServers();
      }, { once: true });
    }
  }

  /** Send the file, and wait until there are captions. */
  async send() {
    this.say(text("sending"), "busy");
    try {
      this.show(await ask("POST", "photos", this.file));
      await this.follow();
    } catch (error) {
      this.fail(error, () => this.send());
    }
  }

  /** Ask for the captions until they are there. */
  async follow() {
    while (this.photo.status === "waiting" && this.element.isConnected) {
      this.show(await ask("GET", `photos/${this.photo.id}?wait`));
    }
  }

  /** Show a photo as the server tells of it. */
  show(photo) {
    this.photo = photo;
    // A photo that is sent again is the one that is here already.
    delete this.element.dataset.id;
    document.querySelector(`[data-id="${photo.id}"]`)?.remove();
    this.element.dataset.id = photo.id;
    if (photo.status === "waiting") {
      this.say(photo.before ? text("waiting", { n: photo.before }) : text("looking"), "busy");
    } else if (photo.status === "failed") {
      this.say(photo.error, "failed");
    } else {
      this.say("");
      if (!this.image.hasAttribute("src")) this.showServers();
      this.element.querySelector(".captions").replaceChildren(
        ...photo.captions.map((caption, index) => this.captionOf(caption, index)),
      );
      this.showOwn();
      this.image.alt = photo.captions[0]?.text ?? "";
    }
  }

  /** The server's copy, for kinds that the browser cannot show, and after a reload. */
  showServers() {
    this.image.src = `api/photos/${this.photo.id}/picture`;
  }

  say(words, kind = "") {
    this.state.textContent = words;
    this.state.className = `state ${kind}`;
  }

  fail(error, again) {
    this.say(error.message, "failed");
    const retry = Object.assign(document.createElement("button"), {
      type: "button", className: "plain", textContent: text("retry"),
    });
    retry.addEventListener("click", again);
    if (error.status !== 413) this.state.append(" ", retry);
  }

  captionOf(caption, index) {
    const section = made("caption");
    const part = (name) => section.querySelector(name);
    part(".model").textContent = caption.title;
    part(".sure").hidden = caption.confidence === null;
    if (caption.confidence !== null) {
      const percent = Math.min(99, Math.round(100 * caption.confidence)); // nobody is that sure
      part("meter").value = caption.confidence;
      part("meter").title = text("sure", { percent });
      part("meter").setAttribute("aria-label", text("sure", { percent }));
      part(".percent").textContent = `${percent} %`;
    }
    part(".unsure").hidden = !caption.unsure;
    part(".text").lang = "en";
    if (caption.attention) {
      part(".look").hidden = false;
      part(".text").append(...this.wordsOf(caption));
    } else {
      part(".text").textContent = caption.text;
    }
    for (const [name, value] of [[".up", 1], [".down", -1]]) {
      part(name).setAttribute("aria-pressed", caption.rating === value);
      part(name).addEventListener("click", () => this.rate(caption, index, value, section));
    }
    part(".copy").addEventListener("click", async () => {
      await navigator.clipboard.writeText(caption.text);
      part(".copy").textContent = text("copied");
    });
    return section;
  }

  /** The words of a caption, each of which shows where the network looked for it. */
  wordsOf(caption) {
    const split = caption.text.split(" ");
    const words = split.length === caption.words.length ? split : caption.words;
    const buttons = words.map((word, index) => {
      const button = Object.assign(document.createElement("button"), {
        type: "button", className: "word", textContent: word,
      });
      button.setAttribute("aria-pressed", false);
      const look = () => drawHeat(this.canvas, this.image, caption.attention[index]);
      const rest = () => {
        const pressed = buttons.findIndex((each) => each.ariaPressed === "true");
        if (pressed < 0) this.canvas.hidden = true;
        else drawHeat(this.canvas, this.image, caption.attention[pressed]);
      };
      button.addEventListener("pointerenter", look);
      button.addEventListener("pointerleave", rest);
      button.addEventListener("focus", look);
      button.addEventListener("blur", rest);
      button.addEventListener("click", () => {
        const was = button.ariaPressed === "true";
        for (const each of this.element.querySelectorAll(".word")) each.ariaPressed = false;
        button.ariaPressed = !was;
        if (was) this.canvas.hidden = true;
        else look();
      });
      return button;
    });
    return buttons.flatMap((button) => [button, " "]);
  }

  async rate(caption, index, value, section) {
    try {
      const { rating } = await ask("POST", `photos/${this.photo.id}/rating`, { caption: index, value });
      caption.rating = rating;
      section.querySelector(".up").setAttribute("aria-pressed", rating === 1);
      section.querySelector(".down").setAttribute("aria-pressed", rating === -1);
      this.say("");
    } catch (error) {
      this.say(error.message, "failed");
    }
  }

  showOwn() {
    const place = this.element.querySelector(".own");
    const button = (name, act, kind = "plain") => {
      const made = Object.assign(document.createElement("button"), {
        type: "button", className: kind, textContent: text(name),
      });
      made.addEventListener("click", act);
      return made;
    };
    if (this.photo.own === null) {
      place.replaceChildren(button("write", () => this.write(place)));
      return;
    }
    const title = Object.assign(document.createElement("p"), {
      className: "soft", textContent: text("yours"),
    });
    const quote = Object.assign(document.createElement("blockquote"), {
      lang: "en", textContent: this.photo.own,
    });
    place.replaceChildren(
      title,
      quote,
      button("change", () => this.write(place)),
      " ",
      button("delete", async () => {
        try {
          this.photo.own = (await ask("DELETE", `photos/${this.photo.id}/caption`)).own;
          this.showOwn();
        } catch (error) {
          this.say(error.message, "failed");
        }
      }),
    );
  }

  write(place) {
    const form = made("writing");
    const field = form.elements.text;
    field.placeholder = text("example");
    field.value = this.photo.own ?? "";
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      try {
        const answer = await ask("PUT", `photos/${this.photo.id}/caption`, { text: field.value });
        if (answer.refused) throw new Error(answer.refused);
        this.photo.own = answer.own;
        this.showOwn();
      } catch (error) {
        form.querySelector(".error").textContent = error.message;
      }
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
      if (event.key === "Escape") this.showOwn();
    });
    form.querySelector(".cancel").addEventListener("click", () => this.showOwn());
    place.replaceChildren(form);
    field.focus();
  }

  async remove() {
    try {
      if (this.photo) await ask("DELETE", `photos/${this.photo.id}`);
    } catch (error) {
      if (error.status !== 404) {
        this.say(error.message, "failed");
        return;
      }
    }
    if (this.image.src.startsWith("blob:")) URL.revokeObjectURL(this.image.src);
    this.element.remove();
  }
}
