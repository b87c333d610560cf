/** One-switch control: each control is highlighted in turn, and Space, Enter or a press anywhere chooses it. */

const CONTROLS = "a[href], button:not(:disabled), input:not(:disabled), select, textarea, summary, [role=slider]";
const PAUSE = 1400;
let timer = 0;
let current = null;

const isShown = (item) => item.checkVisibility() && !item.closest("[inert]");

function items() {
  const open = document.querySelector("dialog[open]");
  return [...(open ?? document).querySelectorAll(CONTROLS)].filter(isShown);
}

function move() {
  const all = items();
  if (!all.length) return;
  current?.classList.remove("scanned");
  current = all[(all.indexOf(current) + 1) % all.length];
  current.classList.add("scanned");
  current.scrollIntoView({ block: "nearest", inline: "nearest" });
  current.focus({ preventScroll: true });
}

function choose(event) {
  if (event.type === "keydown" && event.key !== " " && event.key !== "Enter") return;
  if (event.type === "pointerdown" && !event.isTrusted) return;
  // A person who types keeps the keyboard.
  if (event.type === "keydown" && document.activeElement?.matches("textarea, input[type=text]") && document.activeElement.value) return;
  event.preventDefault();
  event.stopPropagation();
  if (!current) return;
  if (current.matches("[role=slider]")) current.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
  else if (current.matches("select")) { current.selectedIndex = (current.selectedIndex + 1) % current.options.length; current.dispatchEvent(new Event("change", { bubbles: true })); }
  else if (current.matches("textarea, input[type=text]")) current.focus();
  else current.click();
  restart();
}

function swallow(event) { if (event.isTrusted) { event.preventDefault(); event.stopPropagation(); } }

function restart() { clearInterval(timer); timer = setInterval(move, PAUSE); }

export function startScanning() {
  if (timer) return;
  addEventListener("keydown", choose, true);
  addEventListener("pointerdown", choose, true);
  addEventListener("click", swallow, true);
  restart();
}

export function stopScanning() {
  clearInterval(timer);
  timer = 0;
  current?.classList.remove("scanned");
  removeEventListener("keydown", choose, true);
  removeEventListener("pointerdown", choose, true);
  removeEventListener("click", swallow, true);
}
