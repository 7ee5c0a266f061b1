/**
 * The blocks of JavaScript as whole programs: what a reader has before them, the block itself as it stands, and what they ought to have done then.
 * A block that imports brings its imports first.
 */

const OPENED = `
import { open } from "chromatid";
const client = await open({ storage: "memory", versions: 5 });
const embeddingFunction = { name: "letters", generate: async (texts) => texts.map((text) => [text.length, text.codePointAt(0) ?? 0]) };
`;

const ARTICLES = `${OPENED}
const articles = await client.createCollection({ name: "articles", embeddingFunction });
await articles.add({
  ids: ["a", "b", "c"],
  documents: ["wasm in pages", "databases in wasm", "gardens"],
  metadatas: [{ year: 2026, language: "en", title: "A" }, { year: 2025, language: "en", title: "B" }, { year: 2019, language: "de", title: "C" }],
});
`;

/** A host of files that takes them, too. */
const HOST = `
import { createServer } from "node:http";
const files = new Map();
const server = createServer(async (request, response) => {
  if (request.method === "PUT") {
    files.set(request.url, Buffer.concat(await request.toArray()));
    return response.end();
  }
  const file = files.get(request.url);
  const range = /^bytes=(\\d+)-(\\d+)$/.exec(request.headers.range ?? "");
  return file ? response.writeHead(range ? 206 : 200).end(range ? file.subarray(Number(range[1]), Number(range[2]) + 1) : file) : response.writeHead(404).end();
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const host = \`http://127.0.0.1:\${server.address().port}/\`;
`;

const SNAPSHOT = {
  before: `${ARTICLES}${HOST}const collection = articles;\nconst vector = [7, 103];\n`,
  replace: /** @type {[string, string][]} */ ([
    ['"https://storage.example.org/wiki/"', "host"],
    ['"https://cdn.example.org/wiki/articles.cidm"', '`${host}articles.cidm`'],
  ]),
};

/** A store under Node that is closed and opened again has to lie in files. */
const DIARY = /** @type {[string, string][]} */ ([
  ['name: "diary"', 'storage: new NodeDirectory("./diary")'],
  ["open } from", "open, NodeDirectory } from"],
]);

const PAPERS = `${OPENED}const papers = await client.createCollection({ name: "papers", embeddingFunction: null });
await papers.add({ ids: ["a"], embeddings: [[1, 0]], documents: ["one"] });
const vector = [1, 0];
`;

const CHECK = (/** @type {string} */ condition) => `\nif (!(${condition})) throw new Error(${JSON.stringify(`not so: ${condition}`)});\n`;
const CLOSE = "\nawait client.close();\n";

/**
 * @typedef {object} Program
 * @property {string} [before]
 * @property {string} [after]
 * @property {[string, string][]} [replace] what stands for something that a reader has and a test has not: `PORT` is that of a server without records
 * @property {string} [prints]
 * @property {boolean} [installed] whether it runs where the packages of `@chroma-core` are installed
 */

/** @type {Record<string, Program>} by the names of the blocks */
export const PROGRAMS = {
  "docs/SNAPSHOTS.md: Published snapshots": {
    ...SNAPSHOT,
    replace: [...SNAPSHOT.replace, ["…", "Bearer secret"]],
    after: `${CHECK("(await snapshot.status()).offlineReady")}server.close();\nserver.closeAllConnections();${CLOSE}`,
  },
  "pkg/README.md: Published snapshots": {
    ...SNAPSHOT,
    after: `${CHECK("ids[0][0] === 'c' && distances[0].length === 3")}server.close();\nserver.closeAllConnections();${CLOSE}`,
  },
  "README.md: Ten lines": { prints: "[ 'orange', 'red' ]\n" },
  "pkg/README.md: chromatid": { prints: "[ 'orange', 'red' ]\n" },
  "pkg/README.md: Backup and damage": {
    before: `${ARTICLES}const other = await open({ storage: "memory" });\n`,
    after: `${CHECK("ok && problems.length === 0")}${CHECK('await (await other.getCollection({ name: "articles", embeddingFunction })).count() === 3')}await other.close();${CLOSE}`,
  },
  "pkg/README.md: With a Chroma server": {
    before: 'import { ChromaClient } from "chromatid";\nconst token = "secret";\n',
    replace: [["8000", "PORT"]],
    after: CHECK("await client.countCollections() === 0"),
  },
  "pkg/README.md: With a Chroma server (2)": {
    before: `${ARTICLES}const collection = articles;\nawait client.createCollection({ name: "notes", embeddingFunction });\n`,
    replace: [["8000", "PORT"], ['{ host: "localhost" }', '{ host: "localhost", port: PORT }']],
    after: `${CHECK('(await link.status()).state === "idle"')}${CHECK("await collection.count() === 3")}${CLOSE}`,
  },
  "pkg/README.md: In Node": {
    after: '\nawait client.createCollection({ name: "kept", embeddingFunction: null });\nawait client.close();\nawait scratch.close();\nconst again = new PersistentClient({ path: "./chroma" });'
      + `${CHECK("await again.countCollections() === 1")}await again.close();\n`,
  },
  "pkg/README.md: BM25": { after: CHECK("vector.indices.length === 3 && vector.values.length === 3") },
  "pkg/README.md: Packages of `@chroma-core`": {
    after: `\nconst { knownEmbeddingFunctions } = await import("chromadb");${CHECK("knownEmbeddingFunctions instanceof Map")}`,
  },
  "pkg/README.md: Packages of `@chroma-core` (2)": {
    installed: true,
    after: `\nimport { knownEmbeddingFunctions } from "chromatid";${CHECK('knownEmbeddingFunctions.has("default-embed")')}`,
  },
  "pkg/README.md: Searches": { before: ARTICLES, after: `${CHECK("rows.map(({ id }) => id).join() === 'b,a' || rows.map(({ id }) => id).join() === 'a,b'")}${CLOSE}` },
  "pkg/README.md: Schemas": {
    before: `import { ChromaBm25EmbeddingFunction } from "chromatid/bm25";\n${OPENED}const bm25 = new ChromaBm25EmbeddingFunction();\n`,
    after: `\nawait articles.add({ ids: ["a"], documents: ["cats"], metadatas: [{ notes: "n" }] });${CHECK('"words" in (await articles.get()).metadatas[0]')}${CLOSE}`,
  },
  "pkg/README.md: More than a single node": {
    before: `${ARTICLES}const shown = [];\nconst show = (ids) => shown.push(ids);\n`,
    after: '\nawait client.compact();\nstop();' + CHECK("years.distinct === 2") + CHECK("await draft.count() === 3") + CHECK("shown[0].join() === 'a'")
      + CHECK('(await articles.get({ ids: ["a"] })).metadatas[0].reads === 1') + CLOSE,
  },
  "docs/CONCEPTS.md: Concepts": { after: `${CHECK("ids[0].join() === 'emma'")}${CLOSE}` },
  "docs/ENCRYPTION.md: Encryption": {
    replace: DIARY,
    after: `import { readdirSync, readFileSync } from "node:fs";
const kept = readdirSync("./diary").map((name) => readFileSync(\`./diary/\${name}\`, "latin1")).join("");${CHECK('!kept.includes("It rained.") && !kept.includes("monday")')}`,
  },
  "docs/ENCRYPTION.md: The key": {
    replace: [['name: "cache"', 'storage: new NodeDirectory("./cache")'], ['{ open }', "{ NodeDirectory, open }"]],
    after: `${CLOSE}
const again = await open({ storage: new NodeDirectory("./cache"), encryption: { key } });
await again.close();
const other = await open({ storage: new NodeDirectory("./cache"), encryption: { key: new Uint8Array(32) } }).catch(({ name }) => name);${CHECK('other === "ChromaForbiddenError"')}`,
  },
  "docs/ENCRYPTION.md: Another key": {
    before: `import { open as create } from "chromatid";
await (await create({ storage: new NodeDirectory("./diary"), encryption: { passphrase: "right" } })).close();`,
    replace: DIARY,
    prints: "the store is encrypted with another key or passphrase\n",
  },
  "docs/ENCRYPTION.md: A new passphrase": {
    before: `import { open as create } from "chromatid";
const first = await create({ storage: new NodeDirectory("./diary"), encryption: { passphrase: "the old one" } });
await (await first.createCollection({ name: "entries", embeddingFunction: null })).add({ ids: ["monday"], embeddings: [[1]] });
await first.close();`,
    replace: [...DIARY, ['name: "diary-2"', 'storage: new NodeDirectory("./diary-2")'], ['destroy("diary")', 'rm("./diary", { recursive: true })'], ["destroy, ", ""]],
    after: `import { rm } from "node:fs/promises";
await after.close();
const third = await open({ storage: new NodeDirectory("./diary-2"), encryption: { passphrase: "the new one" } });${CHECK('await (await third.getCollection({ name: "entries" })).count() === 1')}await third.close();`,
  },
  "docs/PERFORMANCE.md: Taking records in": {
    before: 'async function* pages() {\n  yield { ids: ["a", "b"], vectors: [Float32Array.of(1, 0), Float32Array.of(0, 1)], texts: ["one", "two"] };\n}\n',
    after: `${CHECK("await papers.count() === 2")}${CLOSE}`,
  },
  "docs/PERFORMANCE.md: Reading less": { before: PAPERS, after: `${CHECK("documents.join() === 'one' && distances[0].length === 1")}${CLOSE}` },
  "docs/PERFORMANCE.md: Memory and limits": { before: PAPERS, after: `${CHECK("memory.wasm_bytes > cache.bytes && cache.budget === 64 * 1024 * 1024 && sizes.total_bytes > 0")}${CLOSE}` },
  "docs/SERVER.md: Chroma's HTTP API": { replace: [['"indexeddb"', '"memory"']], after: `${CHECK("response.status === 200")}await handler.close();\n` },
  "docs/SERVER.md: Who may do what": {
    replace: [['token: "…", user', 'token: "one", user'], ['token: "…", tenant', 'token: "two", tenant']],
    after: `\nconst request = { headers: new Headers({ "x-chroma-token": "two" }) };
const identity = await authorize(request, { action: "collection:query", tenant: "acme", database: "docs" });${CHECK("identity.databases.join() === 'docs'")}`,
  },
  "docs/MIGRATION.md: From the `chromadb` client": {
    before: `import { ChromaClient } from "chromatid";
const there = new ChromaClient({ host: "localhost", port: PORT });
await (await there.createCollection({ name: "notes", embeddingFunction: null })).add({ ids: ["a", "b"], embeddings: [[1], [2]] });
await there.close();\n`,
    replace: [["8000", "PORT"]],
    prints: "2\n",
    after: CLOSE,
  },
  "docs/MIGRATION.md: From hnswlib-wasm": { after: `${CHECK("ids[0].join() === '8' && distances[0].length === 1 && await index.count() === 1")}${CLOSE}` },
  "docs/MIGRATION.md: From Orama": { after: `${CHECK("rows.map(({ id }) => id).join() === 'a' && years.distinct === 2")}${CLOSE}` },
  "docs/MIGRATION.md: From pgvector": {
    before: 'async function* pagesOfRows() {\n  yield [{ id: 1, embedding: "[1,0.5]", body: "text", year: 2026 }];\n}\n',
    after: `${CHECK('(await items.get({ where: { year: 2026 }, include: ["embeddings"] })).embeddings[0].join() === "1,0.5"')}${CLOSE}`,
  },
  "docs/PACKAGES.md: `chromatid/slim`: modules that are given": {
    replace: [
      ['"/files/chromatid_bg.wasm"', 'new URL(import.meta.resolve("chromatid/wasm"))'],
      ['"/files/patterns.wasm"', 'new URL(import.meta.resolve("chromatid/patterns.wasm"))'],
    ],
    after: '\nconst notes = await client.createCollection({ name: "notes", embeddingFunction: null });\nawait notes.add({ ids: ["a", "b"], embeddings: [[1], [2]], documents: ["cherry", "grass"] });'
      + `${CHECK('(await notes.get({ whereDocument: { $regex: "ch.rr" } })).ids.join() === "a"')}${CLOSE}`,
  },
  "docs/SYNC.md: Synchronisation": {
    replace: [
      ["new ChromaClient()", 'new ChromaClient({ storage: "memory" })'],
      ['const link =', 'await client.createCollection({ name: "notes", embeddingFunction: null });\nconst link ='],
      ['host: "chroma.example.com", ssl: true, token: () => "…"', 'host: "localhost", port: PORT, token: () => "secret"'],
    ],
    after: `${CHECK('(await link.status()).state === "idle"')}${CLOSE}`,
  },
  "docs/SYNC.md: Reads from both sides": {
    before: `${OPENED}import { registerEmbeddingFunction } from "chromatid";
class Letters {
  name = "letters";
  getConfig = () => ({});
  static buildFromConfig = () => new Letters();
  generate = embeddingFunction.generate;
}
registerEmbeddingFunction("letters", Letters);
const own = await client.createCollection({ name: "notes", embeddingFunction: new Letters() });
await own.add({ ids: ["a"], documents: ["…"] });
await (await client.link({ name: "notes" }, { remote: { host: "localhost", port: PORT } })).sync();\n`,
    after: `${CHECK("found.ids[0].join() === 'a'")}${CLOSE}`,
  },
  "examples/cloudflare-worker/README.md: Chroma at the edge (2)": {
    replace: [['"chromatid.example.workers.dev", port: 443, ssl: true', '"localhost", port: PORT']],
    after: CHECK("await client.countCollections() === 0"),
  },
};

/** Runs in workerd. */
export const DURABLE_OBJECT = "pkg/README.md: Durable Objects";

/** Run elsewhere: in workerd, in pages of `tests/packages`, and as the page that they make (`tests/browser/offline-search.spec.ts`). */
export const ELSEWHERE = [
  DURABLE_OBJECT,
  ...["main.js", "sw.js", "embed.js", "search.js"].map((file) => `docs/OFFLINE-SEARCH.md: \`${file}\``),
  "docs/FRAMEWORKS.md: LangChain", "docs/FRAMEWORKS.md: LlamaIndex",
];
