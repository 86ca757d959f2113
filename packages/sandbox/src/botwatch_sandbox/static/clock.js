// The sandbox's clock as seen from here: it stops when the connection is lost, because
// nothing is known about what happened since.

export function createClock(localNow = () => Date.now() / 1000) {
  let offset = 0;
  let stoppedAt = null;
  return {
    /** The sandbox's time now, or the time of the last contact. */
    now: () => stoppedAt ?? localNow() + offset,
    /** Sets the clock by a time the sandbox has just sent. */
    set(serverNow) {
      offset = serverNow - localNow();
      stoppedAt = null;
    },
    stop() {
      stoppedAt ??= localNow() + offset;
    },
  };
}
