import type { Measure } from "../../benchmarks/series";
import { formatBytes, formatCount, formatMilliseconds } from "../../lib/format";

const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

/** 100000 → "100k" */
export const formatShort = (value: number): string => short.format(value).toLowerCase().replace("m", "M");

/** A dash where nothing was measured. */
export function formatMeasure(value: number | null | undefined, unit: Measure["unit"]): string {
  if (value == null) return "–";
  if (unit === "bytes") return formatBytes(Math.max(0, value));
  return unit === "ms" ? formatMilliseconds(value) : formatCount(value);
}

/** Three digits: 0.987 */
export const formatRecall = (recall: number): string => recall.toFixed(3);
