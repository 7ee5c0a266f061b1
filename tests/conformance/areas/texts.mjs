/** Filters on documents: substrings and regular expressions, in every script. */

import { add, create, findText, get, packaged, scenario } from "../steps.mjs";

const DOCUMENTS = {
  a: "Hello World", b: "hello world 100%", c: "foo_bar baz", d: "Straße ÜBER a.b", e: "x", f: "日本語のテキスト", g: "emoji 🙂🙃 here",
  h: "line one\nline two",
  i: "tab\tand \\ backslash \"quoted\"", j: "", k: "aaaa", l: "naïve café e\u0301",
  m: "The quick brown fox jumps over the lazy dog. ".repeat(30), n: null,
};

const seed = [
  create("things"),
  add("things", {
    ids: Object.keys(DOCUMENTS),
    embeddings: Object.keys(DOCUMENTS).map((_, index) => [index]),
    documents: Object.values(DOCUMENTS),
    metadatas: Object.keys(DOCUMENTS).map((_, index) => ({ even: index % 2 === 0 })),
  }),
];

const NEEDLES = [
  "Hello", "hello", "HELLO", "ello Worl", "o W", " ", "", "x", "a", "aa", "aaa", "aaaaa", "%", "_", "o_b", "0%", "\\", "\"", "\n", "\t",
  "one\nline",
  "ß", "Straße", "strasse", "Ü", "über", "ÜBER", "日", "本語", "語のテ", "🙂", "🙃 h", "é", "e\u0301", "ï", "fox", "lazy dog. The",
  "dog. The quick brown fox jumps over", "nothing of the kind", "*", "a.b", "a*b",
];

const PATTERNS = [
  "Hello", "^Hello", "World$", "(?i)^hello", "wor.d$", "\\d+", "\\bworld\\b", "", ".*", "^$", "^.$", "\\p{Lu}{4}", "a.b", "a\\.b",
  "[[:alpha:]]+_", "foo|bar", "fo+_", "(foo|hello)[ _]", "^line",
  "(?m)^line two", "(?s)one.line", "one.line", "日本.", "[ぁ-ん]", "\\p{Han}", "\\s\\\\", "🙂|🙃", "^a{4}$", "a{5}", "^a{2,3}", "(?x) f o o",
  "\\x41|\\u{e9}", "[^\\x00-\\x7F]", "(?i)straẞe", "caf\\w$", "caf\\w", "lazy dog\\. $", "(quick|slow) (brown|red)", "\\z", "\\A日",
];

const NOT_PATTERNS = [
  "[", "(", ")", "*", "a{2,1}", "(a)\\1", "(?=a)", "(?<!a)", "(?-u:\\xFF)", "\\", "\\p{Bogus}", "(?P<n>a)(?P<n>b)", "a**", "[z-a]",
];

const REFUSED = [
  {}, [], "x", 1, { $matches: "x" }, { foo: "x" }, { $contains: "x", $not_contains: "y" },
  { $and: { $contains: "x" } }, { $or: "x" }, { $and: [{}] }, { $and: [1] }, { $or: [{ $contains: 1 }] }, { $eq: "x" },
  { $not: { $contains: "x" } },
];

/** @type {[string, unknown][]} */
const NO_TEXTS = [["$contains", 1], ["$contains", null], ["$contains", ["x"]], ["$not_contains", { a: 1 }], ["$regex", 1], ["$not_regex", true]];

/**
 * @param {string} operator
 * @param {unknown} operand
 */
const early = (operator, operand) =>
  packaged(
    "refused before the engine is asked",
    { error: { name: "ChromaValueError", message: `Expected operand for ${operator} to be a non empty string, but got ${String(operand)}` } },
  );

export const scenarios = [
  scenario("contains", "literal substrings, of any length and script", seed, NEEDLES.map((needle) => findText("things", { $contains: needle }))),
  scenario(
    "not-contains",
    "the complement: records without a document too",
    seed,
    NEEDLES.map((needle) => findText("things", { $not_contains: needle })),
  ),
  scenario("regex", "patterns of Rust's regex", seed, PATTERNS.map((pattern) => findText("things", { $regex: pattern }))),
  scenario(
    "not-regex",
    "the complement: records without a document too",
    seed,
    PATTERNS.map((pattern) => findText("things", { $not_regex: pattern })),
  ),
  scenario(
    "regex-refusals",
    "patterns that are none say why",
    seed,
    NOT_PATTERNS.map((pattern) => findText("things", { $regex: pattern })),
    findText("things", { $not_regex: "[" }),
  ),
  scenario(
    "grammar",
    "one operator and a text: everything else is refused",
    seed,
    REFUSED.map((clause) => findText("things", clause)),
    NO_TEXTS.map(([operator, operand]) => findText("things", { [operator]: operand }, early(operator, operand))),
    findText("things", null),
  ),
  scenario(
    "combinations",
    "$and and $or, and both filters of a request",
    seed,
    [
      { $and: [] }, { $or: [] }, { $and: [{ $contains: "Hello" }] }, { $or: [{ $contains: "Hello" }] },
      { $and: [{ $contains: "world" }, { $not_contains: "100" }] }, { $and: [{ $contains: "world" }, { $contains: "100" }] },
      { $or: [{ $contains: "foo" }, { $regex: "^H" }] },
      { $or: [{ $contains: "日" }, { $and: [{ $contains: "a" }, { $not_regex: "a{4}" }] }] },
      { $and: [{ $not_contains: "a" }, { $not_contains: "e" }] }, { $or: [{ $not_contains: "o" }, { $contains: "o" }] },
    ].map((clause) => findText("things", clause)),
    get("things", { where: { even: true }, where_document: { $contains: "o" }, include: [] }),
    get("things", { where: { even: true }, where_document: { $not_contains: "o" }, ids: ["a", "e", "n"], include: [] }),
    get("things", { where: { $and: [{ even: false }, { "#document": { $regex: "o" } }] }, where_document: { $contains: "w" }, include: [] }),
    get("things", { where: { even: true }, where_document: { $contains: "o" }, limit: 1, offset: 1, include: [] }),
  ),
];
