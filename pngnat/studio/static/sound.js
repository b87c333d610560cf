/** Playback of files, and of speech that begins before it is complete. */
import { request } from "./api.js";

let playing = null;

/** Stop the current playback. */
export function hush() { playing?.(); playing = null; }

/** Play a file; resolve at its end. */
export function play(url) {
  hush();
  const audio = new Audio(url);
  return new Promise((resolve, reject) => {
    playing = () => { audio.pause(); resolve(); };
    audio.onended = resolve;
    audio.onerror = () => reject(new Error("This sound cannot be played."));
    audio.play().catch((error) => (error.name === "AbortError" ? resolve() : reject(error)));
  });
}

/** Speak a text while it is still synthesized. body: of /api/say. onStart: called with whether it is a recording. */
export async function speak(body, onStart = () => {}) {
  hush();
  const stop = new AbortController();
  const context = new AudioContext();
  let end = null;
  const ended = new Promise((resolve) => { end = resolve; });
  playing = () => { stop.abort(); context.close().catch(() => {}); end(); };
  try {
    const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: stop.signal };
    const response = await request("/api/say", options);
    onStart(response.headers.get("X-Own-Recording") === "1");
    const last = await schedule(context, response);
    if (last) last.onended = end; else end();
    await ended;
  } catch (error) { if (error.name !== "AbortError") throw error; } finally { if (context.state !== "closed") context.close(); }
}

async function schedule(context, response) {
  const rate = Number(response.headers.get("X-Sample-Rate"));
  const reader = response.body.getReader();
  let rest = new Uint8Array(0), at = 0, last = null;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return last;
    const bytes = new Uint8Array(rest.length + value.length);
    bytes.set(rest); bytes.set(value, rest.length);
    const count = bytes.length >> 1;
    rest = bytes.slice(2 * count);
    if (!count) continue;
    const buffer = context.createBuffer(1, count, rate);
    const view = new DataView(bytes.buffer), channel = buffer.getChannelData(0);
    for (let index = 0; index < count; index += 1) channel[index] = view.getInt16(2 * index, true) / 32768;
    last = context.createBufferSource();
    last.buffer = buffer;
    last.connect(context.destination);
    at = Math.max(at, context.currentTime + 0.03);
    last.start(at);
    at += buffer.duration;
  }
}
