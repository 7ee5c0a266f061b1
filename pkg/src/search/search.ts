/** A search: which records, ranked how, and what of them. */

import type { SearchPayload } from "../engine/engine.js";
import { GroupBy, type GroupByInput } from "./group-by.js";
import { Key } from "./key.js";
import { Limit, type LimitInput } from "./limit.js";
import { RankExpression, type RankInput } from "./rank.js";
import { Select, type SelectInput, type SelectKeyInput } from "./select.js";
import { WhereExpression, type WhereInput } from "./where.js";

/** The parts of a search, all optional. */
export interface SearchInit {
  where?: WhereInput;
  rank?: RankInput;
  groupBy?: GroupByInput;
  limit?: LimitInput;
  select?: SelectInput;
}

/** Each method answers a search that differs in one part; this one stays as it is. */
export class Search {
  readonly whereClause: WhereExpression | undefined;
  readonly rankExpression: RankExpression | undefined;
  readonly groupByConfig: GroupBy | undefined;
  readonly limitConfig: Limit;
  readonly selectConfig: Select;

  constructor(init: SearchInit = {}) {
    this.whereClause = init.where ? WhereExpression.from(init.where) : undefined;
    this.rankExpression = init.rank ? RankExpression.from(init.rank) : undefined;
    this.groupByConfig = init.groupBy ? GroupBy.from(init.groupBy) : undefined;
    this.limitConfig = Limit.from(init.limit);
    this.selectConfig = Select.from(init.select);
  }

  /** Searches among the records for which this holds. Without a filter the one there is stays. */
  where(where?: WhereInput): Search {
    return differing(this, { where: WhereExpression.from(where) ?? this.whereClause });
  }

  /** Ranks by this, lowest first. Without an expression the one there is stays. */
  rank(rank?: RankInput): Search {
    return differing(this, { rank: RankExpression.from(rank) ?? this.rankExpression });
  }

  /** Groups what is found. Without groups those that are there stay. */
  groupBy(groupBy?: GroupByInput): Search {
    return differing(this, { groupBy: GroupBy.from(groupBy) ?? this.groupByConfig });
  }

  /** Answers a page of what is found; all of it without arguments. */
  limit(limit?: LimitInput, offset?: number): Search {
    return differing(this, { limit: Limit.from(limit, offset) });
  }

  /** Answers these fields, besides ids; none without arguments. */
  select(keys?: SelectInput): Search;
  select(...keys: SelectKeyInput[]): Search;
  select(first?: SelectInput | SelectKeyInput, ...others: SelectKeyInput[]): Search {
    if (typeof first === "object" && first !== null && !(first instanceof Key)) {
      return differing(this, { select: first });
    }
    const keys = first === undefined ? others : [first as SelectKeyInput, ...others];
    return differing(this, { select: keys });
  }

  selectAll(): Search {
    return differing(this, { select: Select.all() });
  }

  /** The search as the engine takes it. */
  toPayload(): SearchPayload {
    return {
      limit: this.limitConfig.toJSON(),
      select: this.selectConfig.toJSON(),
      ...(this.whereClause && { filter: this.whereClause.toJSON() }),
      ...(this.rankExpression && { rank: this.rankExpression.toJSON() }),
      ...(this.groupByConfig && { group_by: this.groupByConfig.toJSON() }),
    };
  }
}

function differing(search: Search, part: SearchInit): Search {
  return new Search({
    where: search.whereClause,
    rank: search.rankExpression,
    groupBy: search.groupByConfig,
    limit: search.limitConfig,
    select: search.selectConfig,
    ...part,
  });
}

export type SearchLike = Search | SearchInit;

export function toSearch(input: SearchLike): Search {
  return input instanceof Search ? input : new Search(input);
}

/** One search or several as a list. */
export function toSearches(input: SearchLike | SearchLike[]): Search[] {
  return (Array.isArray(input) ? input : [input]).map(toSearch);
}
