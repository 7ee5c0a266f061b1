/** Calls as texts, and their answers in a form in which those of two servers can be compared. */

import { type Json, JsonNumber, parseJson } from "./json.js";
import type { ModelFetch } from "./server.js";

export const DATABASE = "/tenants/default_tenant/databases/default_database";

export interface Call {
  method: string;
  /** Below `/api/v2`; `<name>` stands for the id of the collection that got this name last, `<old name>` for that of the one before. */
  path: string;
  body?: string;
}

/** A body is JSON as a text, where it matters how numbers are written, or else what becomes one. */
export function call(method: string, path: string, body?: string | object): Call {
  return { method, path, ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }) };
}

/** A request about the records of a collection. */
export function records(collection: string, action: string, body: string | object = {}): Call {
  return call("POST", `${DATABASE}/collections/<${collection}>/${action}`, body);
}

export function create(name: string, more: object = {}): Call {
  return call("POST", `${DATABASE}/collections`, { name, ...more });
}

export interface Outcome {
  call: string;
  status: number;
  answer: unknown;
}

/** Sends calls one after the other. */
export class Caller {
  /** Names of collections by their ids, and the other way round. */
  readonly #names = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  constructor(
    readonly fetch: ModelFetch,
    readonly url: string,
  ) {}

  async send({ method, path, body }: Call): Promise<Outcome> {
    const target = path.replace(/<(.*?)>/, (_, name: string) => this.#ids.get(name) ?? "none");
    const init = { method, headers: { "content-type": "application/json" }, ...(body === undefined ? {} : { body }) };
    const described = `${method} ${path} ${body?.slice(0, 200) ?? ""}`;
    const reply = await this.fetch(`${this.url}/api/v2${target}`, init).catch((error: unknown) => String(error).slice(0, 9));
    if (typeof reply === "string") {
      return { call: described, status: 0, answer: reply };
    }
    const text = await reply.text();
    return { call: described, status: reply.status, answer: text === "" ? text : this.#comparable(parseJson(text)) };
  }

  /** Ids, the order of members and the words of errors differ; floats stay apart from integers. */
  #comparable(json: Json): unknown {
    if (json instanceof JsonNumber) {
      return /^-?\d+$/.test(json.text) ? `integer ${json.text}` : `float ${String(Number(json.text))}`;
    }
    if (json instanceof Map) {
      return this.#object(json);
    }
    if (Array.isArray(json)) {
      const elements = json.map((element) => this.#comparable(element));
      return json.every((element) => element instanceof Map && element.has("configuration_json")) ? elements.sort(byText) : elements;
    }
    return typeof json === "string" ? (this.#names.get(json) ?? json) : json;
  }

  #object(members: Map<string, Json>): unknown {
    this.#learn(members);
    const message = members.get("message");
    if (members.has("error") && typeof message === "string") {
      return { error: members.get("error"), variables: message.includes("too many SQL variables") };
    }
    if (members.has("nanosecond heartbeat")) {
      return "a time";
    }
    const rest = Array.from(members).filter(([name]) => !VECTOR_INDEXES.includes(name));
    return rest.map(([name, value]) => [name, this.#comparable(value)]).sort(byText);
  }

  #learn(members: Map<string, Json>): void {
    const [id, name] = ["id", "name"].map((member) => members.get(member));
    if (typeof id === "string" && typeof name === "string" && !this.#names.has(id)) {
      this.#names.set(id, `id of ${name}`);
      this.#ids.set(`old ${name}`, this.#ids.get(name) ?? "none");
      this.#ids.set(name, id);
    }
  }
}

/** Parts of a schema that the model leaves out. */
const VECTOR_INDEXES = ["float_list", "sparse_vector", "#embedding"];

function byText(one: unknown, other: unknown): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
}
