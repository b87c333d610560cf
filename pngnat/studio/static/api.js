/** Calls to the studio. Each throws an Error with a message for the person. */

async function checked(response) {
  if (response.ok) return response;
  let message = "Something went wrong in the studio. Is it still running?";
  try { message = (await response.json()).error.message; } catch { /* no JSON: keep the sentence above */ }
  throw new Error(message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?]$/.test(message) ? "" : "."));
}

export async function request(path, options) {
  let response;
  try { response = await fetch(path, options); } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The studio does not answer. Start it again with: pngnat studio");
  }
  return checked(response);
}

export const get = async (path) => (await request(path)).json();

export async function send(method, path, body, signal) {
  const options = { method, signal };
  if (body !== undefined) { options.headers = { "Content-Type": "application/json" }; options.body = JSON.stringify(body); }
  return (await request(path, options)).json();
}

export const sendSound = async (path, wav) => (await request(path, { method: "POST", headers: { "Content-Type": "audio/wav" }, body: wav })).json();
