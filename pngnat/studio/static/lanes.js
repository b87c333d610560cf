/** Speech as a picture: waveform, mel with the pitch, words, sounds, and handles to change lengths and pitch. */
import { byId, element } from "./page.js";

const NARROW = 500, WIDE = 1200; // pixels a second; short sentences fill the page
const ROWS = 3; // rows of handles, so that handles of short sounds do not overlap
const KEY = 0.01, PAGE = 0.05; // seconds that an arrow key and a page key move an edge
const MOVING = null, AT_ONCE = 0, SOON = 120; // ms from a change to its sound: after an arrow key, another one may follow
const BEND = 0.5, MOST = 12; // semitones
const LONGEST = 5;
const SILENCE = { "[CLS]": "silence before", " ": "pause" };

export class Lanes {
  /** on: {choose(word), stretch(token, seconds, wait), bend(word, semitones, wait)}; wait: ms until it is played, null during a drag. */
  constructor(on) { this.on = on; }

  /** Draw a sentence. made: the answer of the studio. edits: {seconds by token, bends by word}. */
  draw(made, edits) {
    const held = document.activeElement?.dataset?.key;
    this.made = made;
    this.starts = [];
    let time = 0;
    for (const token of made.tokens) { this.starts.push(time); time += token.seconds; }
    this.scale = Math.max(NARROW, Math.min(WIDE, (byId("editor").clientWidth - 20) / made.duration));
    const width = Math.ceil(made.duration * this.scale);
    byId("lanes").style.width = `${width}px`;
    this.#wave(width);
    this.#mel(width);
    this.#words();
    this.#sounds();
    this.#edges(edits);
    this.#bends(edits);
    if (held) document.querySelector(`[data-key="${held}"]`)?.focus({ preventScroll: true });
  }

  mark(word) {
    [...byId("words").children].forEach((button, index) => button.setAttribute("aria-pressed", String(index === word)));
  }

  #wave(width) {
    const canvas = byId("wave"), samples = this.#samples();
    canvas.width = width;
    const draw = canvas.getContext("2d"), middle = canvas.height / 2, step = samples.length / width;
    draw.fillStyle = "#0b5d63";
    for (let x = 0; x < width; x += 1) {
      let low = 0, high = 0;
      for (let index = Math.floor(x * step); index < (x + 1) * step; index += 1) { low = Math.min(low, samples[index]); high = Math.max(high, samples[index]); }
      draw.fillRect(x, middle - high / 32768 * middle, 1, Math.max(1, (high - low) / 32768 * middle));
    }
  }

  /** Return the 16 bit samples in the chunk `data` of the wav file. */
  #samples() {
    const bytes = decoded(this.made.sound), view = new DataView(bytes.buffer);
    for (let at = 12; at + 8 <= bytes.length;) {
      const name = String.fromCharCode(...bytes.subarray(at, at + 4)), length = view.getUint32(at + 4, true);
      if (name === "data") return new Int16Array(bytes.slice(at + 8, at + 8 + 2 * Math.floor(Math.min(length, bytes.length - at - 8) / 2)).buffer);
      at += 8 + length + length % 2;
    }
    return new Int16Array(0);
  }

  #mel(width) {
    const { bins, frames, data } = this.made.mel, grey = decoded(data);
    const small = new OffscreenCanvas(frames, bins), pixels = new ImageData(frames, bins);
    for (let bin = 0; bin < bins; bin += 1) for (let frame = 0; frame < frames; frame += 1) {
      const value = 255 - grey[bin * frames + frame], at = 4 * ((bins - 1 - bin) * frames + frame);
      pixels.data.set([value, value, Math.min(255, value + 15), 255], at);
    }
    small.getContext("2d").putImageData(pixels, 0, 0);
    const canvas = byId("mel");
    canvas.width = width;
    const draw = canvas.getContext("2d");
    draw.drawImage(small, 0, 0, width, canvas.height);
    this.#pitch(draw, canvas.height);
  }

  #pitch(draw, height) {
    const voiced = this.made.pitch.filter((hertz) => hertz > 0);
    if (!voiced.length) return;
    const low = Math.log(Math.min(...voiced)) - 0.2, high = Math.log(Math.max(...voiced)) + 0.2;
    draw.strokeStyle = "#c2500a";
    draw.lineWidth = 3;
    draw.beginPath();
    this.made.pitch.forEach((hertz, frame) => {
      if (!hertz) return;
      const x = (frame + 0.5) * this.made.hop * this.scale, y = height * (1 - (Math.log(hertz) - low) / (high - low));
      if (frame && this.made.pitch[frame - 1]) draw.lineTo(x, y); else draw.moveTo(x, y);
    });
    draw.stroke();
  }

  #words() {
    byId("words").replaceChildren(...this.made.words.map((word, index) => {
      const button = element("button", { type: "button" }, word.text);
      button.dataset.key = `word ${index}`;
      button.style.left = `${word.start * this.scale}px`;
      button.style.width = `${(word.end - word.start) * this.scale}px`;
      button.addEventListener("click", () => this.on.choose(index));
      return button;
    }));
  }

  #sounds() {
    const shown = this.made.tokens.map((token, index) => [token, index]).filter(([token]) => token.word !== null);
    byId("sounds").replaceChildren(...shown.map(([token, index]) => {
      const cell = element("div", { className: "cell" }, token.symbol.replace(/\d/, ""));
      cell.style.left = `${this.starts[index] * this.scale}px`;
      cell.style.width = `${token.seconds * this.scale}px`;
      return cell;
    }));
  }

  #name(index) {
    const token = this.made.tokens[index];
    if (token.word !== null) return `End of ${token.symbol.replace(/\d/, "")} in “${this.made.words[token.word].text}”`;
    return `End of the ${SILENCE[token.symbol] ?? `pause at “${token.symbol}”`}`;
  }

  #edges(edits) {
    const shown = this.made.tokens.map((token, index) => index).filter((index) => this.made.tokens[index].word !== null || this.made.tokens[index].seconds > 0.03);
    byId("edges").replaceChildren(...shown.map((index, number) => {
      const seconds = this.made.tokens[index].seconds;
      const edge = element("div", { className: "edge", tabIndex: 0, role: "slider", "aria-label": this.#name(index) });
      edge.dataset.key = `edge ${index}`;
      edge.classList.toggle("changed", index in edits.seconds);
      edge.style.top = `${4 + 30 * (number % ROWS)}px`;
      const show = (value) => {
        edge.style.left = `${(this.starts[index] + value) * this.scale}px`;
        edge.setAttribute("aria-valuenow", String(Math.round(1000 * value)));
        edge.setAttribute("aria-valuetext", `${Math.round(1000 * value)} milliseconds`);
      };
      edge.setAttribute("aria-valuemin", "0");
      edge.setAttribute("aria-valuemax", String(1000 * LONGEST));
      show(seconds);
      handle(edge, {
        value: seconds, low: 0, high: LONGEST, key: KEY, page: PAGE, axis: "x", perPixel: 1 / this.scale, show,
        change: (value, wait) => this.on.stretch(index, Math.round(1000 * value) / 1000, wait),
      });
      return edge;
    }));
  }

  #bends(edits) {
    const lane = byId("bends");
    lane.replaceChildren(...this.made.words.map((word, index) => {
      const semitones = edits.bends[index] ?? 0;
      const bend = element("div", { className: "bend", tabIndex: 0, role: "slider", "aria-label": `Pitch of “${word.text}”`, "aria-orientation": "vertical" });
      bend.dataset.key = `bend ${index}`;
      bend.classList.toggle("changed", semitones !== 0);
      bend.style.left = `${(word.start + word.end) / 2 * this.scale}px`;
      bend.setAttribute("aria-valuemin", String(-MOST));
      bend.setAttribute("aria-valuemax", String(MOST));
      const room = lane.clientHeight - 32;
      const show = (value) => {
        bend.style.top = `${16 + room * (0.5 - value / (2 * MOST))}px`;
        bend.setAttribute("aria-valuenow", String(value));
        bend.setAttribute("aria-valuetext", value ? `${Math.abs(value)} semitones ${value > 0 ? "higher" : "lower"}` : "as it is");
      };
      show(semitones);
      handle(bend, {
        value: semitones, low: -MOST, high: MOST, key: BEND, page: 2, axis: "y", perPixel: -2 * MOST / room, show,
        change: (value, wait) => this.on.bend(index, Math.round(2 * value) / 2, wait),
      });
      return bend;
    }));
  }
}

/** Let a handle be dragged, and moved by the arrow keys. */
function handle(item, { value, low, high, key, page, axis, perPixel, show, change }) {
  const bounded = (wanted) => Math.max(low, Math.min(high, wanted));
  let now = value;
  const move = (wanted, wait) => { now = bounded(wanted); show(now); change(now, wait); };
  item.addEventListener("keydown", (event) => {
    const steps = { ArrowRight: key, ArrowUp: key, ArrowLeft: -key, ArrowDown: -key, PageUp: page, PageDown: -page }[event.key];
    if (steps === undefined) return;
    event.preventDefault();
    move(now + steps, SOON);
  });
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    item.focus();
    item.setPointerCapture(event.pointerId);
    const from = axis === "x" ? event.clientX : event.clientY, before = now;
    let hasMoved = false;
    const drag = (moved) => {
      hasMoved = true;
      move(before + ((axis === "x" ? moved.clientX : moved.clientY) - from) * perPixel, MOVING);
    };
    const end = () => {
      item.removeEventListener("pointermove", drag);
      item.removeEventListener("pointerup", end);
      item.removeEventListener("pointercancel", end);
      if (hasMoved) change(now, AT_ONCE);
    };
    item.addEventListener("pointermove", drag);
    item.addEventListener("pointerup", end);
    item.addEventListener("pointercancel", end);
  });
}

function decoded(base64) { return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)); }
