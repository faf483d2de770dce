"use strict";

const list = document.getElementById("cards");
const cards = Array.from(list.children, (element, place) => ({
  element,
  place,
  text: element.textContent.toLowerCase() + " " +
    element.querySelector(".file").title.toLowerCase(),
  confidence: Number(element.dataset.confidence),
  unsure: "unsure" in element.dataset,
}));
const search = document.getElementById("search");
const order = document.getElementById("order");
const only = document.getElementById("only");
const dialog = document.getElementById("large");
const photo = document.getElementById("photo");
let shown = cards;
let current = 0;

function select() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = cards.filter(
    (card) => (card.unsure || !only.checked) && words.every((word) => card.text.includes(word)),
  );
  const direction = { name: 0, sure: -1, unsure: 1 }[order.value];
  shown.sort((a, b) => direction * (a.confidence - b.confidence) || a.place - b.place);
  const kept = new Set(shown);
  for (const card of cards) card.element.hidden = !kept.has(card);
  list.append(...shown.map((card) => card.element));
  const all = cards.length.toLocaleString("en");
  document.getElementById("count").textContent = shown.length === cards.length
    ? `${all} photos` : `${shown.length.toLocaleString("en")} of ${all} photos`;
  document.getElementById("nothing").hidden = shown.length > 0;
}

function show(step) {
  const pictured = shown.filter((card) => card.element.querySelector(".picture"));
  if (!pictured.length) return;
  current = (step + pictured.length) % pictured.length;
  const { element } = pictured[current];
  const small = element.querySelector("img");
  photo.onerror = () => {
    photo.onerror = null;
    photo.src = small.src; // the photo is not where it was, or of a kind that browsers cannot show
  };
  photo.src = element.querySelector(".picture").href;
  photo.alt = small.alt;
  const about = element.querySelector("figcaption").cloneNode(true);
  document.getElementById("about").replaceChildren(...about.children);
  if (!dialog.open) dialog.showModal();
}

let pause;
search.addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(select, 80);
});
order.addEventListener("change", select);
only.addEventListener("change", select);
list.addEventListener("click", (event) => {
  const picture = event.target.closest(".picture");
  if (!picture || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const element = picture.closest(".card");
  show(shown.filter((card) => card.element.querySelector(".picture"))
    .findIndex((card) => card.element === element));
});
document.getElementById("close").addEventListener("click", () => dialog.close());
document.getElementById("before").addEventListener("click", () => show(current - 1));
document.getElementById("after").addEventListener("click", () => show(current + 1));
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => photo.removeAttribute("src"));
document.addEventListener("keydown", (event) => {
  if (dialog.open) {
    if (event.key === "ArrowLeft") show(current - 1);
    if (event.key === "ArrowRight") show(current + 1);
  } else if (event.key === "/" && document.activeElement !== search) {
    event.preventDefault();
    search.focus();
  }
});
