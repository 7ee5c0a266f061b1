/** Records on their way from one collection to another. */

import { CliError } from "../errors.js";
import { type Limits, type RecordsClient, RestError } from "../rest/client.js";
import { elementsOf } from "../../json-text.js";

export interface CopyRecordsOptions {
  /** Of the target. */
  limits: Limits;
  /** Records that are read at once. */
  page: number;
  /** Whether records are written anew that the target has already. */
  overwrite: boolean;
  /** Told how many records have been looked at. */
  onRecords: (done: number) => void;
}

/** A record; its parts are JSON as the source wrote it. */
interface Row {
  id: string;
  embedding: string;
  document: string;
  metadata: string;
  uri: string;
}

const SECTIONS = ["embeddings", "documents", "metadatas", "uris"] as const;

/** Larger bodies are cut in two. Below what servers take unless told otherwise, 40 MiB. */
const BODY_BYTES = 16 * 1024 * 1024;

const TOO_LARGE = 413;

/**
 * Copies the records that the target does not have, in the order of the source; answers how many. What the target has is asked page by page, so
 * that a copy which was interrupted anywhere goes on when it is made again.
 */
export async function copyRecords(source: RecordsClient, target: RecordsClient, options: CopyRecordsOptions): Promise<number> {
  const reader = new PageReader(source, target, options, (await target.count()) === 0);
  let copied = 0;
  let next = reader.read();
  for (;;) {
    const page = await next;
    if (!page) {
      return copied;
    }
    // While these are written, the next ones are read.
    next = reader.read();
    next.catch(() => undefined);
    await write(target, page, options.limits);
    copied += page.rows.length;
    options.onRecords(page.end);
  }
}

interface Page {
  /** Those that are to be written. */
  rows: Row[];
  /** Those of them that the target has. */
  replaced: string[];
  /** Records of the source up to here. */
  end: number;
}

class PageReader {
  readonly #source: RecordsClient;
  readonly #target: RecordsClient;
  readonly #options: CopyRecordsOptions;
  readonly #isNew: boolean;
  #offset = 0;

  constructor(source: RecordsClient, target: RecordsClient, options: CopyRecordsOptions, isNew: boolean) {
    this.#source = source;
    this.#target = target;
    this.#options = options;
    this.#isNew = isNew;
  }

  /** The next page; undefined after the last one. */
  async read(): Promise<Page | undefined> {
    const { page: limit, overwrite } = this.#options;
    const place = { limit, offset: this.#offset };
    if (this.#isNew) {
      const rows = await rowsOf(this.#source, place);
      return this.#page(rows.length, { rows, replaced: [] });
    }
    const ids = await idsOf(this.#source, place);
    const present = new Set(ids.length > 0 ? await idsOf(this.#target, { ids }) : []);
    const wanted = overwrite ? ids : ids.filter((id) => !present.has(id));
    const rows = wanted.length > 0 ? await rowsOf(this.#source, { ids: wanted }) : [];
    return this.#page(ids.length, { rows, replaced: [...present] });
  }

  #page(read: number, { rows, replaced }: Pick<Page, "rows" | "replaced">): Page | undefined {
    this.#offset += read;
    return read === 0 ? undefined : { rows, replaced, end: this.#offset };
  }
}

type Selection = { limit: number; offset: number } | { ids: string[] };

async function idsOf(records: RecordsClient, selection: Selection): Promise<string[]> {
  const found = await records.get(JSON.stringify({ ...selection, include: [] }));
  return JSON.parse(found.get("ids") ?? "[]") as string[];
}

async function rowsOf(records: RecordsClient, selection: Selection): Promise<Row[]> {
  const found = await records.get(JSON.stringify({ ...selection, include: SECTIONS }));
  const ids = JSON.parse(found.get("ids") ?? "[]") as string[];
  const section = (name: (typeof SECTIONS)[number]) => {
    const text = found.get(name) ?? "null";
    return text === "null" ? [] : elementsOf(text);
  };
  const [embeddings = [], documents = [], metadatas = [], uris = []] = SECTIONS.map(section);
  return ids.map((id, at) => ({
    id,
    embedding: embeddings[at] ?? "null",
    document: documents[at] ?? "null",
    metadata: metadatas[at] ?? "null",
    uri: uris[at] ?? "null",
  }));
}

async function write(target: RecordsClient, { rows, replaced }: Page, limits: Limits): Promise<void> {
  const present = new Set(replaced);
  for (let start = 0; start < rows.length; start += limits.batch) {
    const batch = rows.slice(start, start + limits.batch);
    // An update would merge the metadata: keys that the source does not have would stay.
    const old = batch.filter(({ id }) => present.has(id)).map(({ id }) => id);
    if (old.length > 0) {
      await target.delete(old);
    }
    await add(target, batch, limits.base64);
  }
}

/** Adds records in as few requests as their size allows. The target passes over ids that it has, so that one may be sent twice. */
async function add(target: RecordsClient, rows: readonly Row[], base64: boolean): Promise<void> {
  const body = bodyOf(rows, base64);
  const isOne = rows.length === 1;
  if (isOne || Buffer.byteLength(body) <= BODY_BYTES) {
    try {
      await target.add(body);
      return;
    } catch (error) {
      if (!(error instanceof RestError) || error.status !== TOO_LARGE) {
        throw error;
      }
      if (isOne) {
        const message = `The record '${rows[0]?.id ?? ""}' is larger than a request to the target may be: raise its limit.`;
        throw new CliError(message, { cause: error });
      }
    }
  }
  const middle = Math.ceil(rows.length / 2);
  await add(target, rows.slice(0, middle), base64);
  await add(target, rows.slice(middle), base64);
}

function bodyOf(rows: readonly Row[], base64: boolean): string {
  const list = (texts: string[]) => `[${texts.join(",")}]`;
  const embeddings = rows.map((row) => (base64 ? `"${encoded(row)}"` : row.embedding));
  return (
    `{"ids":${JSON.stringify(rows.map(({ id }) => id))},"embeddings":${list(embeddings)},` +
    `"documents":${list(rows.map(({ document }) => document))},"metadatas":${list(rows.map(({ metadata }) => metadata))},` +
    `"uris":${list(rows.map(({ uri }) => uri))}}`
  );
}

/** A vector's numbers as the API takes them in base64: 32 bits each, the lowest byte first. */
function encoded({ id, embedding }: Row): string {
  const numbers = JSON.parse(embedding) as (number | null)[] | null;
  if (!numbers || numbers.includes(null)) {
    // Chroma divides vectors of the cosine space by their length, and what overflows then it writes as null.
    throw new CliError(`The record '${id}' has no finite vector in the source, and so is taken by no target: delete it, or give it another one.`);
  }
  return Buffer.from(Float32Array.from(numbers as number[]).buffer).toString("base64");
}
