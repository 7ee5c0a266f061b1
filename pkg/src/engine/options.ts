/** Options of one store that all who use it have in common. */

import type { Durability, Housekeeping, Quotas } from "./engine.js";

/** What was asked for, or what a store was opened with. What is not there was left to the default. */
export interface SharedOptions {
  durability?: Durability;
  cacheBytes?: number;
  allowReset?: boolean;
  versions?: number;
  housekeeping?: Housekeeping;
  quotas?: Quotas;
}

const PLAIN = ["durability", "cacheBytes", "allowReset", "versions", "housekeeping"] as const;

/** The shared ones among other options. */
export function sharedOptions(options: SharedOptions): SharedOptions {
  const { durability, cacheBytes, allowReset, versions, housekeeping, quotas } = options;
  return { durability, cacheBytes, allowReset, versions, housekeeping, quotas };
}

/** Why who asks for these options cannot have the store that was opened with those; `undefined` if it can. What was not asked for fits. */
export function contradiction(name: string, asked: SharedOptions, opened: SharedOptions): string | undefined {
  for (const option of PLAIN) {
    if (asked[option] !== undefined && asked[option] !== opened[option]) {
      return `The store '${name}' is open already with ${option} = ${String(opened[option])}`;
    }
  }
  if (asked.quotas && JSON.stringify(asked.quotas) !== JSON.stringify(opened.quotas ?? {})) {
    return `The store '${name}' is open already with other quotas`;
  }
  return undefined;
}
