/** The microphone: its level, and recordings as WAV (16 bit PCM). */

// Without the filters that browsers have for calls: the voice would learn their effect.
const PLAIN = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 1 };

export class Recorder {
  /** onLevel: called about 20 times a second with the peak, from 0 to 1. */
  constructor(onLevel) { this.onLevel = onLevel; this.kept = null; }

  get isOpen() { return Boolean(this.context); }
  get isRecording() { return this.kept !== null; }

  async open() {
    if (this.context) return;
    if (!isSecureContext) throw new Error("A browser allows the microphone only on the same computer or over https. Record on the computer that runs the studio, or start the studio with --certificate and --key.");
    let stream;
    try { stream = await navigator.mediaDevices.getUserMedia({ audio: PLAIN }); } catch (error) {
      const missing = error.name === "NotFoundError";
      throw new Error(missing ? "No microphone was found. Plug one in, and press the button again."
        : "The browser may not use the microphone. Press the small microphone or lock next to the address, allow it, and try again.");
    }
    const context = new AudioContext();
    await context.audioWorklet.addModule("capture.js");
    const node = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => this.#receive(data);
    context.createMediaStreamSource(stream).connect(node);
    await context.resume();
    this.context = context;
  }

  #receive(blocks) {
    let peak = 0;
    for (const block of blocks) for (const sample of block) peak = Math.max(peak, Math.abs(sample));
    this.onLevel(peak);
    this.kept?.push(...blocks);
  }

  start() { this.kept = []; }

  /** End the recording, and return it as a WAV file. */
  stop() {
    const blocks = this.kept ?? [];
    this.kept = null;
    return toWav(blocks, this.context.sampleRate);
  }
}

function toWav(blocks, rate) {
  const count = blocks.reduce((sum, block) => sum + block.length, 0);
  const view = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * count, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * count, true);
  let at = 44;
  for (const block of blocks) for (const sample of block) {
    view.setInt16(at, Math.round(32767 * Math.max(-1, Math.min(1, sample))), true);
    at += 2;
  }
  return new Blob([view], { type: "audio/wav" });
}
