import { useState } from "react";

interface Memory<T> {
  scope: unknown;
  rows: readonly T[];
  prints: ReadonlyMap<string, string>;
  fresh: ReadonlyMap<string, number>;
  changes: number;
}

/**
 * The rows that came or changed since the list before, by id; the number grows with each change, so that a second one can be
 * told from the first. Rows of another scope (another search, another page) are all old.
 */
export function useFresh<T extends { id: string }>(rows: readonly T[], scope: unknown): ReadonlyMap<string, number> {
  const [memory, setMemory] = useState<Memory<T>>(() => remember(undefined, rows, scope));
  if (memory.rows === rows && memory.scope === scope) return memory.fresh;
  const next = remember(memory, rows, scope);
  setMemory(next);
  return next.fresh;
}

function remember<T extends { id: string }>(before: Memory<T> | undefined, rows: readonly T[], scope: unknown): Memory<T> {
  const prints = new Map(rows.map((row) => [row.id, JSON.stringify(row, comparable)]));
  if (!before || before.scope !== scope) return { scope, rows, prints, fresh: new Map(), changes: 0 };
  const changes = before.changes + 1;
  const changed = [...prints].filter(([id, print]) => before.prints.get(id) !== print);
  const still = [...before.fresh].filter(([id]) => prints.has(id));
  return { scope, rows, prints, fresh: new Map([...still, ...changed.map(([id]) => [id, changes] as const)]), changes };
}

/** Scores move with every write, as words become more or less rare; integers beyond 2^53 are no JSON. */
const comparable = (key: string, value: unknown): unknown => (key === "score" ? undefined : typeof value === "bigint" ? `${value}n` : value);

/** What marks a row in the page: two changes in turn have different marks, so that the second is seen too. */
export const freshMark = (change: number | undefined): "odd" | "even" | undefined => (change === undefined ? undefined : change % 2 ? "odd" : "even");
