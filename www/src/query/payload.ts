import { Search, type GroupByInput, type RankInput, type SelectInput, type WhereInput } from "chromatid";

/** A search as it is sent. */
export type Payload = ReturnType<Search["toPayload"]>;

const MEMBERS = ["filter", "rank", "group_by", "limit", "select"];

/** A search that was written by hand, or what is wrong with it. */
export type Written = { search: Search; error?: undefined } | { search?: undefined; error: string };

/** Reads the JSON of a search, and says in words what keeps it from being one. */
export function readPayload(text: string): Written {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { error: describeSyntax(error, text) };
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return { error: "A search is an object: { … }." };
  }
  const unknown = Object.keys(json).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) {
    return { error: `A search has no member “${unknown}”. It may have ${MEMBERS.slice(0, -1).join(", ")} and ${MEMBERS.at(-1)}.` };
  }
  const { filter, rank, group_by: groupBy, limit, select } = json as Record<string, unknown>;
  try {
    const search = new Search({
      where: filter as WhereInput,
      rank: rank as RankInput,
      groupBy: groupBy as GroupByInput,
      limit: limit as number,
      select: select as SelectInput,
    });
    // What the parts refuse, they refuse when they are put together.
    search.toPayload();
    return { search };
  } catch (error) {
    return { error: `${error instanceof Error ? error.message : String(error)}.` };
  }
}

/** Where the JSON breaks off, in lines and columns: browsers name a position, or nothing. */
function describeSyntax(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : String(error);
  const position = /position (\d+)/.exec(message)?.[1];
  const reason = message.replace(/ in JSON at position.*/, "").replace(/ \(line.*/, "").replace(/, ?"?.*" is not valid JSON/s, "");
  const at = position === undefined ? text.length : Number(position);
  const before = text.slice(0, at).split("\n");
  return `This is not JSON. Line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${reason}.`;
}
