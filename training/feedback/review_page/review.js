// Goes through captions with keys; the server has the only truth, and each decision is saved there
// before the next caption is shown.

const element = (id) => document.getElementById(id);
const KEYS = { k: "keep", Enter: "keep", f: "fix", e: "fix", d: "drop", Delete: "drop", u: "undo",
  ArrowLeft: "back", ArrowRight: "forward" };
const SAID = { keep: "Kept", fix: "Fixed", drop: "Dropped" };

let current = null;
let total = 0;
let busy = false;

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
  const response = await fetch(path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function showProgress({ counts }) {
  total = counts.all;
  const decided = counts.keep + counts.fix + counts.drop;
  const bar = document.querySelector(".progress");
  bar.setAttribute("aria-valuemax", total);
  bar.setAttribute("aria-valuenow", decided);
  bar.firstElementChild.style.width = `${(100 * decided) / Math.max(total, 1)}%`;
  element("counts").textContent =
    `${decided} of ${total}: ${counts.keep} kept, ${counts.fix} fixed, ${counts.drop} dropped`;
}

function tag(text) {
  const span = document.createElement("span");
  span.className = "tag";
  span.textContent = text;
  return span;
}

function showCaption(caption) {
  current = caption;
  closeFix();
  document.querySelector("main").hidden = false;
  element("done").hidden = true;
  const { decision } = caption;
  const photo = element("photo");
  const source = `photos/${caption.number}`;
  if (photo.getAttribute("src") !== source) photo.src = source;
  photo.alt = `Photo ${caption.number + 1}`;
  element("place").textContent = `${caption.number + 1} of ${total}`;
  const said = caption.source === "correction"
    ? "written by a person" : `👍 ${caption.likes} 👎 ${caption.dislikes}`;
  element("tags").replaceChildren(
    tag(said), tag(`weight ${caption.weight.toFixed(2)}`), tag(caption.split));
  const text = element("caption");
  text.textContent = decision?.action === "fix" ? decision.text : caption.caption;
  text.classList.toggle("dropped", decision?.action === "drop");
  const status = element("decision");
  status.className = decision ? decision.action : "";
  status.textContent = decision ? SAID[decision.action] : "";
  const others = element("others");
  others.replaceChildren();
  if (caption.others.length) {
    const list = document.createElement("ul");
    for (const other of caption.others) {
      list.append(Object.assign(document.createElement("li"), { textContent: other }));
    }
    others.append("Also said of this photo:", list);
  }
}

function showDone() {
  current = null;
  closeFix();
  document.querySelector("main").hidden = true;
  element("done").hidden = false;
}

async function go(number) {
  if (number < 0) return;
  if (number >= total) return showDone();
  const state = await ask(`api/captions/${number}`);
  showProgress(state);
  showCaption(state.caption);
}

async function decide(action, text) {
  const state = await ask(`api/captions/${current.number}`, { action, text });
  showProgress(state);
  if (action === null) return showCaption(state.caption);
  const following = current.number + 1;
  // What was decided before is not asked again, unless everything behind is decided.
  await go(state.next > current.number || following >= total ? state.next : following);
}

function openFix() {
  element("fix").hidden = false;
  const field = element("text");
  field.value = element("caption").textContent;
  field.focus();
  field.select();
}

function closeFix() {
  element("fix").hidden = true;
  element("text").blur();
}

async function act(action) {
  if (action === "back") return go(current ? current.number - 1 : total - 1);
  if (!current) return undefined;
  if (action === "forward") return go(current.number + 1);
  if (action === "fix") return openFix();
  return decide(action === "undo" ? null : action);
}

let turn = Promise.resolve();

// What is decided while another decision is on its way would be decided unseen, so that it is
// dropped; moves wait for their turn.
function once(work, { waits = false } = {}) {
  if (busy && !waits) return;
  busy = true;
  const mine = turn.then(async () => {
    element("problem").hidden = true;
    try {
      await work();
    } catch (error) {
      element("problem").textContent = error.message || "The review has ended; start it again.";
      element("problem").hidden = false;
    } finally {
      if (turn === mine) busy = false;
    }
  });
  turn = mine;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target === element("text")) {
    if (event.key === "Escape") closeFix();
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      once(() => decide("fix", element("text").value));
    }
    return;
  }
  if (event.key === "Enter" && event.target.closest("button")) return;
  const action = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  once(() => act(action), { waits: action === "back" || action === "forward" });
});

document.querySelector(".buttons").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  button.blur();
  once(() => act(button.dataset.action));
});
element("fix").addEventListener("submit", (event) => event.preventDefault());

once(async () => {
  const progress = await ask("api/progress");
  showProgress(progress);
  await go(progress.next);
});
