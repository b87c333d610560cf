import { get, send } from "./api.js";
import { announce, byId, element, note, on } from "./page.js";
import { hush, speak } from "./sound.js";

const MOST = 24;
let kept = [];
// Not saved, for privacy: the history ends with the page.
let history = [];

async function say(text) {
  if (!text.trim()) throw new Error("Type something first.");
  history = [text, ...history.filter((one) => one !== text)].slice(0, MOST);
  showLists();
  note("speak-note", "");
  const body = { text, voice: byId("voice").value || null, pace: Number(byId("pace").value), own: byId("own").checked };
  await speak(body, (isOwn) => { if (isOwn) note("speak-note", "This is your own recording.", true); });
}

function phrase(text, removable) {
  const button = element("button", { type: "button", className: "say" }, text);
  button.addEventListener("click", () => say(text).catch((error) => note("speak-note", error.message)));
  if (!removable) return element("li", {}, button);
  const remove = element("button", { type: "button", className: "small" }, "Remove");
  remove.setAttribute("aria-label", `Remove: ${text}`);
  remove.addEventListener("click", () => store(kept.filter((one) => one !== text)).catch((error) => note("speak-note", error.message)));
  return element("li", {}, button, remove);
}

function showLists() {
  byId("kept").replaceChildren(...kept.map((text) => phrase(text, true)));
  byId("history").replaceChildren(...history.map((text) => phrase(text, false)));
  byId("kept-none").classList.toggle("hidden", kept.length > 0);
  byId("history-none").classList.toggle("hidden", history.length > 0);
}

async function store(phrases) { kept = (await send("PUT", "/api/said", { phrases })).said; showLists(); }

on("speak", "speak-note", () => say(byId("text").value));
on("stop", "speak-note", hush);
on("clear", "speak-note", () => { byId("text").value = ""; byId("text").focus(); });
on("keep", "speak-note", async () => {
  const text = byId("text").value.trim();
  if (!text) throw new Error("Type something first.");
  await store([text, ...kept.filter((one) => one !== text)]);
  announce("Kept.");
});
byId("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  byId("speak").click();
});
byId("pace").addEventListener("input", () => {
  const pace = Number(byId("pace").value);
  byId("pace-words").textContent = pace === 1 ? "as it is" : `${Math.round(100 * pace)} %`;
});

try {
  const [state, voices] = [await get("/api/state"), await get("/api/voices")];
  kept = state.said;
  byId("voice").replaceChildren(...voices.map((one) => element("option", { value: one.id }, one.id === "mine" ? `My voice (${one.name})` : `${one.name} – ${one.description}`)));
  showLists();
} catch (error) { note("speak-note", error.message); }
