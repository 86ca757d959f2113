// Server-Sent Events over fetch rather than EventSource: it sees the keep-alive comments, so a
// connection that died silently is noticed, and it comes back after an HTTP error too.

import { ApiError, reasonOf } from "./api.js";

const STALL_MS = 40_000; // the server sends something every 15 s
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;

/** How long to wait before attempt number `attempt` (from 0), in milliseconds. */
export function retryDelay(attempt) {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt);
}

/** A parser to be fed text in any pieces; calls `onEvent(name, data)` for each whole event. */
export function createParser(onEvent) {
  let rest = "";
  let name = "message";
  let data = [];

  function line(text) {
    if (text === "") {
      if (data.length > 0) onEvent(name, data.join("\n"));
      name = "message";
      data = [];
      return;
    }
    const [, field, value] = /^([^:]*)(?:: ?)?(.*)$/s.exec(text);
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
  }

  return function feed(piece) {
    rest += piece;
    const lines = rest.split("\n");
    rest = lines.pop();
    for (const text of lines) line(text.replace(/\r$/, ""));
  };
}

async function readStream(url, signal, alive, feed) {
  const response = await fetch(url, {
    headers: { Accept: "text/event-stream" },
    cache: "no-store",
    signal,
  });
  if (!response.ok) throw new ApiError(await reasonOf(response));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    alive();
    const { done, value } = await reader.read();
    if (done) return;
    feed(value);
  }
}

/**
 * Stays connected to `url` for ever.
 *
 * `onEvent(name, value)` gets every event with its JSON decoded; `onLost(reason)` is called each
 * time the connection is lost or cannot be made, with the server's own words or null. Returns a
 * function that retries at once.
 */
export function stayConnected(url, { onEvent, onLost }) {
  let attempt = 0;
  let wake = () => {};

  async function once() {
    const abort = new AbortController();
    let stall;
    const alive = () => {
      clearTimeout(stall);
      stall = setTimeout(() => abort.abort(), STALL_MS);
    };
    const feed = createParser((name, data) => {
      attempt = 0;
      onEvent(name, JSON.parse(data));
    });
    try {
      await readStream(url, abort.signal, alive, feed);
      return null;
    } catch (error) {
      return error instanceof ApiError ? error.message : null;
    } finally {
      clearTimeout(stall);
      abort.abort();
    }
  }

  async function run() {
    for (;;) {
      onLost(await once());
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, retryDelay(attempt));
      });
      attempt += 1;
    }
  }

  run();
  return () => wake();
}
