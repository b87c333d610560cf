import { get } from "./api.js";
import { byId, note, recorded } from "./page.js";

try {
  const state = await get("/api/state");
  const next = state.voice ? "door-speak" : state.standing.makes ? "door-make" : "door-record";
  byId(next).classList.add("next");
  if (state.standing.takes) note("standing", recorded(state.standing), true);
} catch (error) { note("standing", error.message); }
