import type { Operation } from "../../store/timings";

/** The timed operations as the page names them. */
export const OPERATIONS: readonly { operation: Operation; label: string }[] = [
  { operation: "meaning", label: "By meaning" },
  { operation: "words", label: "By words" },
  { operation: "both", label: "Both" },
  { operation: "similar", label: "More like this" },
  { operation: "records", label: "Page of records" },
];
