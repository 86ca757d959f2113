// Values as people read them, by Grafana's names for units.

const STEPS = [
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

function digits(value) {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return 0;
  return size >= 10 ? 1 : 2;
}

function number(value, decimals) {
  return String(Number(value.toFixed(decimals ?? digits(value))));
}

function scaled(value, steps, decimals) {
  for (const [size, letter] of steps) {
    if (Math.abs(value) >= size) return `${number(value / size, decimals)} ${letter}`;
  }
  return `${number(value, decimals)} `;
}

function bytes(value) {
  const steps = [
    [2 ** 30, "Gi"],
    [2 ** 20, "Mi"],
    [2 ** 10, "Ki"],
  ];
  return `${scaled(value, steps)}B`;
}

function seconds(value, decimals) {
  const size = Math.abs(value);
  if (size === 0) return "0 s";
  if (size < 0.001) return `${number(value * 1e6)} µs`;
  if (size < 1) return `${number(value * 1000)} ms`;
  if (size < 120) return `${number(value, decimals)} s`;
  if (size < 7200) return `${number(value / 60, 1)} min`;
  return size < 172_800 ? `${number(value / 3600, 1)} h` : `${number(value / 86_400, 1)} d`;
}

const UNITS = {
  s: seconds,
  bytes,
  bps: (value) => `${scaled(value, STEPS)}b/s`,
  cpm: (value) => `${number(value)}/min`,
  percent: (value) => `${number(value)} %`,
  percentunit: (value) => `${number(value * 100)} %`,
};

/** A value with its unit; "–" where there is none. */
export function formatted(value, unit, decimals = null) {
  if (value === null || value === undefined) return "–";
  if (UNITS[unit]) return UNITS[unit](value, decimals ?? undefined);
  return scaled(value, STEPS, decimals ?? undefined).trim();
}
