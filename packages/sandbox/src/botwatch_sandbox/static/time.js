// Points in time are Unix seconds (float), as in the control API.

const LOCALE = "en-GB";

function format(at, options, timeZone) {
  return new Intl.DateTimeFormat(LOCALE, { ...options, timeZone }).format(new Date(at * 1000));
}

/** "14:03" */
export function hourMinute(at, timeZone) {
  return format(at, { hour: "2-digit", minute: "2-digit" }, timeZone);
}

/** "14:03:22" */
export function clockTime(at, timeZone) {
  return format(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" }, timeZone);
}

/** "12 March 2026 at 14:03:22" */
export function fullTime(at, timeZone) {
  return format(at, { dateStyle: "long", timeStyle: "medium" }, timeZone);
}

/** The calendar day as "12 March 2026". */
export function day(at, timeZone) {
  return format(at, { dateStyle: "long" }, timeZone);
}

const DAY_S = 86400;

/** "Today", "Yesterday" or the date. */
export function dayLabel(at, now, timeZone) {
  const name = day(at, timeZone);
  if (name === day(now, timeZone)) return "Today";
  if (name === day(now - DAY_S, timeZone)) return "Yesterday";
  return name;
}

/** ISO 8601, for the datetime attribute. */
export function isoTime(at) {
  return new Date(at * 1000).toISOString();
}

const two = (number) => String(number).padStart(2, "0");

/** A length of time, in whole units: "8 s", "1 m 05 s", "2 h 03 m", "3 d 4 h". */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  if (whole < DAY_S)
    return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / DAY_S)} d ${Math.floor((whole % DAY_S) / 3600)} h`;
}

/** A measured length of time: "9.8 s", or "1 m 05 s" from two minutes on. */
export function measured(seconds) {
  return seconds < 120 ? `${seconds.toFixed(1)} s` : duration(seconds);
}
