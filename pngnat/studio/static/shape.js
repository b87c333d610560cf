import { request, get, send } from "./api.js";
import { announce, byId, element, note, on } from "./page.js";
import { Lanes } from "./lanes.js";
import { play } from "./sound.js";

const SLOWER = 1.15, STEP = 1;
let sentences = []; // of {text, made (the answer), edits {seconds by token, bends by word, lender, weight}, past, future}
let at = 0;
let voices = [];
let chosen = null;
let timer = 0;

const lanes = new Lanes({
  choose: (word) => { chosen = word; showChosen(); },
  stretch: (token, seconds, wait) => edit((edits) => { edits.seconds[token] = seconds; }, wait),
  bend: (word, semitones, wait) => edit((edits) => { edits.bends[word] = semitones; }, wait),
});

const current = () => sentences[at];
const fresh = () => ({ seconds: {}, bends: {}, lender: "", weight: 0.5 });

/** Return the request for a sentence. natural: without the changes. Unchanged lengths are those of the voice. */
function requestBody(sentence, natural = false) {
  const { text, edits, plain } = sentence;
  const body = { text, voice: byId("voice").value, weight: edits.weight, professional: edits.lender || null };
  if (natural) return body;
  const bent = Object.keys(edits.bends).length > 0;
  const stretched = Object.keys(edits.seconds).length > 0;
  if (stretched) body.durations = plain.tokens.map((token, index) => edits.seconds[index] ?? token.seconds);
  if (bent) body.bends = bends(plain.tokens, edits.bends);
  return body;
}

/** Return the semitones of each token: those of its word; between two words, the mean of both. */
function bends(tokens, ofWords) {
  const own = (index) => (tokens[index]?.word == null ? null : ofWords[tokens[index].word] ?? 0);
  return tokens.map((_, index) => {
    const here = own(index);
    if (here !== null) return here;
    const sides = [own(index - 1), own(index + 1)].filter((value) => value !== null);
    return sides.length ? sides.reduce((a, b) => a + b) / sides.length : 0;
  });
}

/** Synthesize a sentence; return false where it was changed meanwhile. natural: whether the voice's own lengths have changed too. */
async function make(sentence, natural) {
  sentence.version = (sentence.version ?? 0) + 1;
  if (natural) sentence.plain = null;
  const { version, edits } = sentence;
  const plain = sentence.plain ?? await send("POST", "/api/shape", requestBody(sentence, true));
  if (version !== sentence.version) return false;
  sentence.plain = plain;
  const edited = Object.keys(edits.seconds).length + Object.keys(edits.bends).length;
  const made = edited ? await send("POST", "/api/shape", requestBody(sentence)) : plain;
  if (version !== sentence.version) return false;
  sentence.made = made;
  sentence.url = `data:audio/wav;base64,${made.sound}`;
  return true;
}

/** Change the current sentence. wait: ms until it is played, null while more of the same change follows. */
function edit(change, wait = 0, natural = false) {
  const sentence = current();
  if (!sentence.open) { sentence.past.push(structuredClone(sentence.edits)); sentence.future = []; }
  sentence.open = wait === null;
  change(sentence.edits);
  if (wait === null) return;
  clearTimeout(timer);
  timer = setTimeout(() => again(natural), wait);
}

async function again(natural = false) {
  const sentence = current();
  try {
    if (!await make(sentence, natural) || sentence !== current()) return;
    const played = play(sentence.url);
    draw();
    await played;
  } catch (error) { note("shape-note", error.message); }
}

function draw() {
  const { made, edits, past, future } = current();
  lanes.draw(made, edits);
  byId("length").textContent = `${made.duration.toFixed(2)} seconds`;
  byId("undo").disabled = !past.length;
  byId("redo").disabled = !future.length;
  byId("lender").value = edits.lender;
  byId("weight").value = String(edits.weight);
  showWeight();
  showChosen();
}

function showChosen() {
  const word = current()?.made.words[chosen];
  byId("chosen").textContent = word ? `The word “${word.text}”` : "Choose a word above";
  for (const id of ["slower", "faster", "higher", "lower"]) byId(id).disabled = !word;
  lanes.mark(chosen);
}

function showWeight() { byId("weight-words").textContent = `${Math.round(100 * Number(byId("weight").value))} %`; }

function showSentences() {
  byId("sentences").replaceChildren(...sentences.map((sentence, index) => {
    const button = element("button", { type: "button", className: "small" }, sentence.text);
    button.setAttribute("aria-pressed", String(index === at));
    button.addEventListener("click", () => { at = index; chosen = null; showSentences(); draw(); byId("sentences").children[index].focus(); });
    return button;
  }));
  byId("sentences").classList.toggle("hidden", sentences.length < 2);
  byId("play-all").classList.toggle("hidden", sentences.length < 2);
}

function step(from, to) {
  const sentence = current();
  if (!sentence[from].length) return;
  const before = sentence.edits;
  sentence[to].push(structuredClone(before));
  sentence.edits = sentence[from].pop();
  const natural = before.lender !== sentence.edits.lender || before.weight !== sentence.edits.weight;
  again(natural);
}

/** Make all sounds of the chosen word longer by a factor. */
function slow(factor) {
  const { tokens } = current().made;
  edit((edits) => tokens.forEach((token, index) => { if (token.word === chosen) edits.seconds[index] = Math.min(token.seconds * factor, 5); }));
}

const raise = (semitones) => edit((edits) => { edits.bends[chosen] = Math.max(-12, Math.min(12, (edits.bends[chosen] ?? 0) + semitones)); });

async function makeAll() {
  note("text-note", "");
  const { sentences: texts } = await send("POST", "/api/shape/split", { text: byId("text").value });
  const before = new Map(sentences.map((sentence) => [sentence.text, sentence]));
  sentences = texts.map((text) => before.get(text) ?? { text, edits: fresh(), past: [], future: [] });
  at = 0;
  chosen = null;
  for (const sentence of sentences) await make(sentence, true);
  byId("shaping").classList.remove("hidden");
  showSentences();
  draw();
  announce("Here is its shape.");
  await play(current().url);
}

async function save(format) {
  const body = JSON.stringify({ sentences: sentences.map((sentence) => requestBody(sentence)), format });
  const response = await request("/api/shape/save", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const link = element("a", { href: URL.createObjectURL(await response.blob()), download: `speech.${format}` });
  link.click();
  URL.revokeObjectURL(link.href);
}

function showLenders() {
  const voice = voices.find((one) => one.id === byId("voice").value);
  byId("lender").replaceChildren(element("option", { value: "" }, "Nobody: its own rhythm"), ...(voice?.lenders ?? []).map((name) => element("option", { value: name }, name)));
}

on("make", "text-note", makeAll);
on("play", "shape-note", () => play(current().url));
on("play-all", "shape-note", async () => { for (const sentence of sentences) await play(sentence.url); });
on("undo", "shape-note", () => step("past", "future"));
on("redo", "shape-note", () => step("future", "past"));
on("reset", "shape-note", () => edit((edits) => Object.assign(edits, { seconds: {}, bends: {} })));
on("slower", "shape-note", () => slow(SLOWER));
on("faster", "shape-note", () => slow(1 / SLOWER));
on("higher", "shape-note", () => raise(STEP));
on("lower", "shape-note", () => raise(-STEP));
for (const format of ["wav", "TextGrid", "srt", "json"]) on(`save-${format}`, "shape-note", () => save(format));
byId("weight").addEventListener("input", showWeight);
const blend = () => edit((edits) => { edits.lender = byId("lender").value; edits.weight = Number(byId("weight").value); }, 0, true);
byId("weight").addEventListener("change", () => { if (byId("lender").value) blend(); });
byId("lender").addEventListener("change", blend);
byId("voice").addEventListener("change", () => { sentences = []; showLenders(); makeAll().catch((error) => note("text-note", error.message)); });

try {
  voices = await get("/api/voices");
  byId("voice").replaceChildren(...voices.map((one) => element("option", { value: one.id }, one.id === "mine" ? `My voice (${one.name})` : `${one.name} – ${one.description}`)));
  showLenders();
} catch (error) { note("text-note", error.message); }
