/** A server that tells what has changed, as chromatid's own does: a model around the model. */

import type { ModelRecord } from "./collection.js";
import type { ModelFetch, ModelServer } from "./server.js";

/** A write, and what no other history has in its place. */
interface Entry {
  seq: number;
  check: string;
  changed: Map<string, "put" | "delete">;
}

const COLLECTION = /^\/api\/v2\/tenants\/[^/]+\/databases\/[^/]+\/collections\/([^/]+)\/(add|update|upsert|delete|changes)$/;
const PAGE = 5;

export class FollowedServer {
  readonly #server: ModelServer;
  readonly #random: () => number;
  /** How often it has forgotten its history when it is asked. */
  readonly #forgets: number;
  /** By the ids of collections. */
  readonly #histories = new Map<string, Entry[]>();
  #seq = 0;

  constructor(server: ModelServer, random: () => number, forgets: number) {
    this.#server = server;
    this.#random = random;
    this.#forgets = forgets;
  }

  records(name: string): readonly ModelRecord[] | undefined {
    return this.#server.records(name);
  }

  /** Takes effect before it returns. */
  readonly fetch: ModelFetch = (url, init = {}) => {
    const { pathname, searchParams } = new URL(url, "http://model");
    const [, id = "", action] = COLLECTION.exec(pathname) ?? [];
    if (pathname.endsWith("/pre-flight-checks")) {
      return this.#told(url, init);
    }
    if (action === undefined) {
      return this.#server.fetch(url, init);
    }
    if (action === "changes") {
      return init.signal?.aborted === true ? this.#server.fetch(url, init) : Promise.resolve(this.#changes(id, searchParams));
    }
    const before = this.#contents(id);
    const answer = this.#server.fetch(url, init);
    const seq = this.#note(id, before, this.#contents(id));
    return answer.then((response) => {
      if (response.ok) {
        response.headers.set("chromatid-write", String(seq));
      }
      return response;
    });
  };

  async #told(url: string, init: Parameters<ModelFetch>[1]): Promise<Response> {
    const known = (await (await this.#server.fetch(url, init)).json()) as object;
    return Response.json({ ...known, chromatid: { changes: 1, wait: 0 } });
  }

  #contents(id: string): Map<string, string> {
    const records = this.#server.recordsOf(id) ?? [];
    const text = ({ document, uri, metadata, embedding }: ModelRecord): string =>
      [document, uri, Array.from(metadata, ([key, value]) => `${key}=${typeof value}${String(value)}`), Array.from(embedding)].join("\n");
    return new Map(records.map((record) => [record.id, text(record)]));
  }

  #note(id: string, before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): number {
    this.#seq += 1;
    const changed: Entry["changed"] = new Map();
    for (const record of new Set([...before.keys(), ...after.keys()])) {
      if (before.get(record) !== after.get(record)) {
        changed.set(record, after.has(record) ? "put" : "delete");
      }
    }
    if (changed.size > 0) {
      this.#history(id).push({ seq: this.#seq, check: String(this.#random()), changed });
    }
    return this.#seq;
  }

  #history(id: string): Entry[] {
    const history = this.#histories.get(id) ?? [{ seq: 0, check: "0", changed: new Map() }];
    this.#histories.set(id, history);
    return history;
  }

  #changes(id: string, asked: URLSearchParams): Response {
    if (!this.#server.recordsOf(id)) {
      return Response.json({ error: "NotFoundError", message: `Collection [${id}] does not exist` }, { status: 404 });
    }
    if (this.#random() < this.#forgets) {
      this.#histories.set(id, [{ seq: this.#seq, check: String(this.#random()), changed: new Map() }]);
    }
    const history = this.#history(id);
    const last = history[history.length - 1];
    const cursor = `${String(last?.seq)} ${String(last?.check)}`;
    const after = asked.get("after");
    if (after === null) {
      return Response.json({ changes: [], cursor, more: false });
    }
    const [place, record] = after.split("/");
    const start = history.findIndex(({ seq, check }) => `${String(seq)} ${check}` === place);
    if (start === -1) {
      return Response.json({ error: "StaleReadError", message: "compare everything" }, { status: 410 });
    }
    const latest = new Map<string, [entry: Entry, kind: "put" | "delete"]>();
    history.slice(start).forEach((entry) => entry.changed.forEach((kind, changed) => latest.set(changed, [entry, kind])));
    const told = [...latest].filter(([changed, [entry]]) => entry !== history[start] || (record !== undefined && changed > record));
    told.sort(([a, [one]], [b, [other]]) => one.seq - other.seq || (a < b ? -1 : 1));
    // Few at a time: that pages go on where they should is to be seen.
    const page = told.slice(0, Math.min(Number(asked.get("limit")), PAGE));
    const end = page[page.length - 1];
    const more = told.length > page.length && end !== undefined;
    return Response.json({
      changes: page.map(([changed, [{ seq }, kind]]) => ({ id: changed, seq, kind })),
      cursor: more ? `${String(end[1][0].seq)} ${end[1][0].check}/${end[0]}` : cursor,
      more,
    });
  }
}
