import { get, send } from "./api.js";
import { byId, element, note, on, recorded, timeLeft } from "./page.js";
import { play, speak } from "./sound.js";

const EVERY = 1500;
const WHO = { recordings: "Your recordings", professionals: "Professional speakers", blended: "Your voice, with a smoother rhythm" };
let takes = [];
let shown = "";

const toggle = (id, isShown) => byId(id).classList.toggle("hidden", !isShown);

function showMaking(state) {
  const { making, standing, consent } = state;
  const running = making.state === "running";
  toggle("consent", !consent);
  toggle("agreed", Boolean(consent));
  toggle("making", Boolean(consent));
  if (consent) byId("agreed-words").textContent = `The voice of ${consent.speaker}. ${consent.agreed_by} agreed on ${consent.date}. For: ${consent.purpose}.`;
  byId("standing").textContent = recorded(standing);
  toggle("going", running);
  toggle("start", !running);
  toggle("stop", running);
  const texts = {
    "not yet": standing.makes ? "You can begin. The computer works for some time; you may leave this page, but keep the studio running."
      : "Record a little more first: at least a minute, and five minutes for a preview.",
    running: "Your voice is being made. You may leave this page, but keep the studio running.",
    stopped: "It was stopped. The progress is kept; go on when you like.",
    failed: `It could not be made: ${making.words}`,
    done: `Your voice is ready. It is made from ${making.minutes.toFixed(1)} minutes of speech.`,
  };
  const text = texts[making.state];
  if (text !== byId("making-words").textContent) byId("making-words").textContent = text;
  byId("start").textContent = { stopped: "Go on", failed: "Try again", done: "Make it again, with all recordings" }[making.state] ?? "Make my voice";
  byId("start").disabled = standing.minutes < state.least;
  if (running) {
    byId("stage").textContent = making.title ? `Step ${making.number} of ${making.stages}: ${making.title}` : "Getting ready";
    byId("share").value = making.share;
    byId("left").textContent = making.title ? `${timeLeft(making.left)} left` : "";
  }
}

async function showVoice(state) {
  const key = `${state.voice} ${state.making.state}`;
  if (key === shown) return;
  shown = key;
  toggle("hear", Boolean(state.voice));
  if (state.voice) {
    takes = (await get("/api/takes")).filter((take) => take.kept);
    byId("sentence").replaceChildren(...takes.slice(0, 50).map((take, index) => element("option", { value: String(index) }, take.text)));
  }
  if (state.making.report) await showReport();
  toggle("report", state.making.report);
}

async function showReport() {
  const report = await get("/api/making/report");
  const rows = report.rhythm.map((row) => {
    const cells = [row["phonemes/s"].toFixed(1), row["words/min"].toFixed(0), `${row["pauses % of time"].toFixed(0)} %`];
    return element("tr", {}, element("th", { scope: "row" }, WHO[row[""]] ?? row[""]), ...cells.map((text) => element("td", {}, text)));
  });
  byId("report-table").tBodies[0].replaceChildren(...rows);
  byId("report-words").textContent = report.signs.length
    ? "Your voice borrows some of the rhythm of a professional speaker, so that it is easier to follow. You can change how much on the page Shape."
    : "You speak as fluently as professional speakers do. Your voice keeps your own rhythm.";
  byId("picture").src = "/api/making/report.png";
  byId("picture").alt = "Four charts that compare your recordings, professional speakers and the smoother rhythm: lengths of sounds, speed, and pauses. The table above has the main figures.";
}

async function refresh() {
  const state = await get("/api/state");
  showMaking(state);
  await showVoice(state);
  return state;
}

byId("agreement").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answers = Object.fromEntries(["speaker", "agreed_by", "purpose"].map((name) => [name, byId(name).value]));
  try {
    await send("POST", "/api/consent", { ...answers, sure: byId("sure").checked });
    await refresh();
    byId("start").focus();
  } catch (error) { note("consent-note", error.message); }
});
on("withdraw", "consent-note", async () => { await send("DELETE", "/api/consent"); await refresh(); byId("speaker").focus(); });
on("start", "making-note", async () => { note("making-note", ""); await send("POST", "/api/making/start"); await refresh(); byId("stop").focus(); });
on("stop", "making-note", async () => { byId("stop").disabled = true; try { await send("POST", "/api/making/stop"); } finally { byId("stop").disabled = false; } await refresh(); byId("start").focus(); });
const chosen = () => takes[Number(byId("sentence").value)];
on("recorded", "hear-note", () => play(`/api/takes/${chosen().id}/sound`));
on("made", "hear-note", () => speak({ text: chosen().text, voice: "mine", own: false }));

refresh().catch((error) => note("consent-note", error.message));
setInterval(() => refresh().catch((error) => note("making-note", error.message)), EVERY);
