/** The page: takes photos in however they come, and lets each have its card. */

import { ask } from "./api.js";
import { PhotoCard } from "./photo.js";
import { fill, text } from "./texts.js";

const AT_ONCE = 2;

fill(document);
document.title = text("title");
const drop = document.getElementById("drop");
const photos = document.getElementById("photos");
const notice = document.getElementById("notice");
const waiting = [];
let sending = 0;

function take(files) {
  notice.hidden = true;
  for (const file of files) {
    if (!file.type.startsWith("image/") && !/\.(heic|heif|avif)$/i.test(file.name)) continue;
    const card = new PhotoCard(file);
    photos.prepend(card.element);
    waiting.push(card);
  }
  next();
}

async function next() {
  while (waiting.length && sending < AT_ONCE) {
    sending += 1;
    waiting.shift().send().finally(() => {
      sending -= 1;
      next();
    });
  }
}

function tell(words) {
  notice.textContent = words;
  notice.hidden = false;
}

document.getElementById("files").addEventListener("change", (event) => {
  take(event.target.files);
  event.target.value = "";
});
// Anywhere on the page: whoever misses the field should not leave the page for the photo.
let depth = 0;
document.addEventListener("dragenter", () => drop.classList.toggle("over", ++depth > 0));
document.addEventListener("dragleave", () => drop.classList.toggle("over", --depth > 0));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  drop.classList.remove("over");
  take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) take(event.clipboardData.files);
});
document.getElementById("forget").addEventListener("click", async () => {
  if (!confirm(text("forget_sure"))) return;
  try {
    await ask("DELETE", "me");
    photos.replaceChildren();
    tell(text("forgotten"));
  } catch (error) {
    tell(error.message);
  }
});

// What was sent before the page was loaded again.
try {
  for (const photo of await ask("GET", "photos")) {
    const card = new PhotoCard(null);
    photos.prepend(card.element);
    card.show(photo);
    card.follow().catch((error) => card.say(error.message, "failed"));
  }
} catch (error) {
  tell(error.message);
}
