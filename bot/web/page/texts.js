/** The texts of the page's language, and where they belong. */

export const texts = JSON.parse(document.getElementById("texts").textContent);

/** A text with its {placeholders} filled in. */
export function text(name, values = {}) {
  return texts[name].replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

/** Fill in the elements that name their text. */
export function fill(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = texts[element.dataset.text];
  }
  return root;
}

/** What is in a template of the page, with its texts. */
export function made(template) {
  return fill(document.getElementById(template).content.cloneNode(true)).firstElementChild;
}
