const integer = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 12000 → "12,000" */
export const formatCount = (value: number): string => integer.format(value);

/** 1 record, 2 records */
export const plural = (value: number, noun: string): string => `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Bytes in decimal units with three digits: 1234567 → "1.23 MB" */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? integer.format(value) : value.toPrecision(3)} ${UNITS[unit] ?? ""}`;
}

/** Milliseconds as people read them: 0.42 → "0.42 ms", 12.3 → "12 ms", 2500 → "2.5 s" */
export function formatMilliseconds(milliseconds: number): string {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds >= 10) return `${milliseconds.toFixed(0)} ms`;
  return `${milliseconds.toFixed(milliseconds >= 1 ? 1 : 2)} ms`;
}

/** 0.1234 → "12 %" */
export const formatPercent = (share: number): string => `${integer.format(share * 100)} %`;

const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
const AGES = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** How long ago something was, in the largest unit that fits: "just now", "3 minutes ago", "yesterday" */
export function formatAgo(time: number, now: number): string {
  const age = Math.max(0, now - time);
  const [unit, length] = AGES.find(([, milliseconds]) => age >= milliseconds) ?? [undefined, 1];
  if (unit === undefined) return age < 10_000 ? "just now" : "less than a minute ago";
  return relative.format(-Math.floor(age / length), unit);
}
