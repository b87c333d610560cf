/** The parts of all pages: the navigation, a status line for screen readers, and one-switch control. */
import { startScanning, stopScanning } from "./scan.js";

const PAGES = [["record.html", "Record"], ["make.html", "Make"], ["speak.html", "Speak"], ["shape.html", "Shape"]];

export const byId = (id) => document.getElementById(id);

/** Return a new element. properties: properties of the element, or attributes where it has no such property. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Have screen readers read a text aloud. */
export function announce(text) { byId("live").textContent = text; }

/** Show a note in its place on the page, and have it read aloud. */
export function note(id, text, good = false) {
  const place = byId(id);
  place.textContent = text;
  place.classList.toggle("good", good);
  if (text) announce(text);
}

/** Run an action when a button is pressed; an error appears in the note `noteId`. */
export function on(id, noteId, action) {
  byId(id).addEventListener("click", async (event) => {
    try { await action(event); } catch (error) { note(noteId, error.message); }
  });
}

/** Return the status of the recordings in words. */
export function recorded({ takes, minutes, words }) {
  if (!takes) return `Nothing is recorded yet. ${words}`;
  const time = minutes < 1 ? `${Math.round(60 * minutes)} seconds` : `${minutes.toFixed(1)} minutes`;
  return `${takes} ${takes === 1 ? "recording" : "recordings"}, ${time} of speech. ${words}`;
}

export function timeLeft(seconds) {
  if (seconds < 90) return "about a minute";
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} minutes` : `about ${Math.round(minutes / 60)} hours`;
}

function build() {
  const here = location.pathname.split("/").pop() || "index.html";
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  const links = PAGES.map(([file, name]) => {
    const link = element("a", { href: file }, name);
    if (file === here) link.setAttribute("aria-current", "page");
    return element("li", {}, link);
  });
  const home = element("a", { href: "./", className: "home" }, "Home");
  if (here === "index.html") home.setAttribute("aria-current", "page");
  const toggle = element("button", { type: "button", className: "small switch" });
  const show = () => {
    const isOn = localStorage.getItem("one switch") === "on";
    toggle.textContent = `One-switch control: ${isOn ? "on" : "off"}`;
    toggle.setAttribute("aria-pressed", String(isOn));
    if (isOn) startScanning(); else stopScanning();
  };
  toggle.title = "Each control is highlighted in turn; press Space, Enter or the screen to choose it";
  toggle.addEventListener("click", () => { localStorage.setItem("one switch", localStorage.getItem("one switch") === "on" ? "off" : "on"); show(); });
  const nav = element("nav", { "aria-label": "Pages" }, element("ul", {}, element("li", {}, home), ...links));
  const header = element("header", {}, element("div", { className: "in" }, nav, toggle));
  const skip = element("a", { href: "#main", className: "skip" }, "To the content");
  const live = element("div", { id: "live", className: "unseen", role: "status" });
  const footer = element("footer", {}, `Everything you do here stays on ${isHere ? "this machine" : "the computer that runs the studio"}.`);
  document.body.prepend(skip, header);
  document.body.append(footer, live);
  show();
}

build();
