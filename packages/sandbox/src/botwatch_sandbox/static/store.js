// What the page knows: the snapshot's top-level keys, and `link` (the connection itself).

export function createStore() {
  const state = { link: { state: "connecting" } };
  const listeners = [];

  function notify(changed) {
    for (const { keys, run } of listeners) {
      if (keys.some((key) => changed.includes(key))) run(state);
    }
  }

  return {
    state,
    /** Calls `run(state)` after any of `keys` changed. */
    on(keys, run) {
      listeners.push({ keys, run });
    },
    /** Takes over new values and tells who listens, once. */
    set(values) {
      Object.assign(state, values);
      notify(Object.keys(values));
    },
  };
}
