import { get } from "./api.js";
import { byId, note } from "./page.js";

try {
  const state = await get("/api/state");
  const next = state.voice ? "door-speak" : state.standing.makes ? "door-make" : "door-record";
  byId(next).classList.add("next");
  if (state.standing.takes) note("standing", `${state.standing.takes} recordings, ${state.standing.minutes.toFixed(1)} minutes. ${state.standing.words}`, true);
} catch (error) { note("standing", error.message); }
