/** Passes the sound of the microphone on in blocks, in a thread of its own, so that a busy page loses nothing. */
const BLOCKS = 8;

class Capture extends AudioWorkletProcessor {
  constructor() { super(); this.blocks = []; }

  process(inputs) {
    const channel = inputs[0][0];
    if (channel) {
      this.blocks.push(channel.slice());
      if (this.blocks.length === BLOCKS) { this.port.postMessage(this.blocks); this.blocks = []; }
    }
    return true;
  }
}

registerProcessor("capture", Capture);
