/** How the records found are grouped. */

import { Aggregate, type AggregateJSON } from "./aggregate.js";
import { isPlainObject } from "./input.js";
import { type Key, toKey } from "./key.js";

export interface GroupByJSON {
  keys: string[];
  aggregate: AggregateJSON;
}

export type GroupByInput = GroupBy | GroupByJSON;

/** Groups of records that have the same values of the keys, each reduced by the aggregate. */
export class GroupBy {
  constructor(
    readonly keys: Key[],
    readonly aggregate: Aggregate,
  ) {
    if (keys.length === 0) {
      throw new Error("Expected the keys of GroupBy to be a non-empty list");
    }
  }

  static from(input: GroupByInput | null | undefined): GroupBy | undefined {
    if (input instanceof GroupBy) {
      return input;
    }
    if (input === null || input === undefined) {
      return undefined;
    }
    if (!isPlainObject(input)) {
      throw new TypeError("Expected groups to be a GroupBy or a plain object");
    }
    const { keys, aggregate } = input as Partial<GroupByJSON>;
    if (!Array.isArray(keys)) {
      throw new TypeError("Expected groups to have an array of 'keys'");
    }
    if (!aggregate) {
      throw new TypeError("Expected groups to have an 'aggregate'");
    }
    return new GroupBy(keys.map(toKey), Aggregate.from(aggregate));
  }

  toJSON(): GroupByJSON {
    return { keys: this.keys.map(({ name }) => name), aggregate: this.aggregate.toJSON() };
  }
}
