import { get, request, send, sendSound } from "./api.js";
import { announce, byId, element, note, on, recorded } from "./page.js";
import { Recorder } from "./recorder.js";
import { hush, play } from "./sound.js";

const SESSION = 300; // seconds of reading until the page suggests a rest
const ROOM = 3000;
let prompts = [];
let place = 0;
let read = 0;
let rested = false;

const recorder = new Recorder((peak) => {
  const level = peak > 0 ? Math.max(0, Math.min(1, 1 + 20 * Math.log10(peak) / 50)) : 0;
  const bar = byId("meter").firstElementChild;
  bar.style.transform = `scaleX(${level})`;
  bar.classList.toggle("loud", peak > 0.98);
  byId("meter").setAttribute("aria-valuenow", String(Math.round(100 * level)));
});

const current = () => prompts[place];

function showStatus(standing) {
  byId("minutes").firstElementChild.style.width = `${Math.min(100, 100 * standing.minutes / 30)}%`;
  byId("minutes").setAttribute("aria-valuenow", standing.minutes.toFixed(1));
  byId("standing").textContent = recorded(standing);
}

function show(focus) {
  const prompt = current();
  byId("which").textContent = prompt.own ? "A phrase of your own" : `Sentence ${place + 1} of ${prompts.length}`;
  byId("prompt").textContent = prompt.text;
  byId("record").textContent = prompt.take ? "Record again" : "Record";
  enlarge(prompt.take ? "next" : "record");
  byId("listen").disabled = !prompt.take;
  byId("back").disabled = place === 0;
  byId("choices").classList.add("hidden");
  byId("notes").replaceChildren();
  note("reading-note", "");
  if (prompt.take) showNotes(prompt.take, false);
  if (focus) byId(focus).focus();
}

/** Enlarge the button of the most likely next step. */
function enlarge(button) {
  for (const id of ["record", "next"]) for (const look of ["main", "big"]) byId(id).classList.toggle(look, id === button);
}

function showNotes(take, aloud = true) {
  const notes = take.notes.map((one) => element("p", { className: one.again ? "note" : "note good" }, one.words));
  if (!notes.length) notes.push(element("p", { className: "note good" }, aloud ? "That was good. On to the next one." : "You have read this one."));
  byId("notes").replaceChildren(...notes);
  const again = aloud && take.notes.some((one) => one.again);
  byId("choices").classList.toggle("hidden", !again);
  if (again) enlarge("again");
  if (aloud) { announce(notes.map((one) => one.textContent).join(" ")); byId(again ? "again" : "next").focus(); }
}

async function toggle() {
  hush();
  const button = byId("record");
  if (!recorder.isRecording) {
    byId("notes").replaceChildren();
    byId("choices").classList.add("hidden");
    recorder.start();
    button.textContent = "Stop";
    button.classList.add("stop", "big");
    for (const id of ["next", "back", "listen"]) byId(id).disabled = true;
    button.focus();
    return;
  }
  // Wait for the end of the last word.
  await new Promise((resolve) => setTimeout(resolve, 250));
  const wav = recorder.stop();
  button.classList.remove("stop");
  button.disabled = true;
  button.textContent = "Listening to it …";
  const prompt = current();
  try {
    const found = await sendSound(`/api/takes?prompt=${prompt.id}`, wav);
    prompt.take = found.take;
    read += found.take.seconds;
    showStatus(found.standing);
  } finally {
    button.disabled = byId("next").disabled = false;
    show();
  }
  showNotes(prompt.take);
  if (read > SESSION && !rested) {
    rested = true;
    note("reading-note", "You have read for five minutes. This is a good moment for a rest; everything is kept.", true);
  }
}

function go(step) {
  place = Math.max(0, Math.min(prompts.length - 1, place + step));
  show("record");
}

async function load() {
  const [state, all] = [await get("/api/state"), await get("/api/prompts")];
  prompts = all;
  showStatus(state.standing);
  byId("phrases").value = state.phrases.join("\n");
  const first = prompts.findIndex((prompt) => !prompt.take);
  place = first < 0 ? 0 : first;
  show();
}

async function showTakes() {
  const takes = await get("/api/takes");
  byId("takes").replaceChildren(...takes.reverse().map((take) => {
    const button = (text, action) => {
      const made = element("button", { type: "button", className: "small" }, text);
      made.setAttribute("aria-label", `${text}: ${take.text}`);
      made.addEventListener("click", async () => { try { await action(); } catch (error) { note("all-note", error.message); } });
      return made;
    };
    const changed = async (method, path) => { showStatus((await send(method, path)).standing); await showTakes(); };
    return element("li", {}, element("div", {}, take.text, element("span", { className: "quiet" }, take.kept ? "" : " (left out)")),
      element("div", { className: "row" },
        button("Listen", () => play(`/api/takes/${take.id}/sound`)),
        button(take.kept ? "Leave it out" : "Use it", () => changed("POST", `/api/takes/${take.id}/${take.kept ? "leave-out" : "keep"}`)),
        button("Delete", () => changed("DELETE", `/api/takes/${take.id}`))));
  }));
}

on("open", "open-note", async () => {
  await recorder.open();
  byId("microphone").classList.add("hidden");
  byId("reading").classList.remove("hidden");
  byId("record").focus();
});
on("record", "reading-note", toggle);
on("again", "reading-note", toggle);
on("keep", "reading-note", () => go(1));
on("next", "reading-note", () => go(1));
on("back", "reading-note", () => go(-1));
on("listen", "reading-note", () => play(`/api/takes/${current().take.id}/sound`));
on("room", "room-note", async () => {
  await recorder.open();
  note("room-note", "Listening. Please be quiet for three seconds …", true);
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, ROOM));
  const found = await sendSound("/api/room", recorder.stop());
  note("room-note", found.words, !found.again);
});
on("save-phrases", "phrases-note", async () => {
  const phrases = byId("phrases").value.split("\n");
  await send("PUT", "/api/phrases", { phrases });
  await load();
  const first = prompts.findIndex((prompt) => prompt.own && !prompt.take);
  if (first >= 0) { place = first; show(); }
  note("phrases-note", first >= 0 ? "Saved. You can read them above." : "Saved. You have read them all.", true);
});
on("import", "import-note", async () => {
  const form = new FormData();
  for (const file of byId("files").files) form.append("files", file);
  if (![...form.keys()].length) throw new Error("Choose files first.");
  note("import-note", "Listening to them …", true);
  const found = await (await request("/api/import", { method: "POST", body: form })).json();
  showStatus(found.standing);
  note("import-note", `${found.takes.length} recordings were added. ${found.left.join(" ")}`, !found.left.length);
});
on("delete", "all-note", () => byId("sure").showModal());
on("no", "all-note", () => byId("sure").close());
on("yes", "all-note", async () => {
  byId("sure").close();
  await send("POST", "/api/delete", { sure: true });
  await load();
  await showTakes();
  note("all-note", "Everything is deleted.", true);
});
document.querySelector("details").addEventListener("toggle", () => showTakes().catch((error) => note("all-note", error.message)));

load().catch((error) => note("open-note", error.message));
