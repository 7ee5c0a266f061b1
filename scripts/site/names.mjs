/**
 * What the parts of the documentation site are called. TypeDoc names documents and modules by their files; here documents get their headings and
 * the chapter that they are part of, and modules what they are imported as.
 */

import { Application, Converter, ReflectionKind } from "typedoc";

/** @type {Readonly<Record<string, RegExp>>} by the paths of their documents */
const CHAPTERS = {
  "Guides": /^(pkg\/README|docs\/(CONCEPTS|PACKAGES|OFFLINE-SEARCH|PERFORMANCE|ENCRYPTION|SYNC|SNAPSHOTS|SERVER|CLI|IMPORT|MIGRATION|FRAMEWORKS))$/,
  "Examples": /^examples\/.*$/,
  "How it works": /^(docs\/(ARCHITECTURE|COMPARISON|INDEXES|RELIABILITY|FORMAT|MEASURED|DEVELOPMENT)|(benches|tests)\/.*)$/,
};

/** Titles of documents whose heading says too little beside others. @type {Readonly<Record<string, string>>} */
const TITLES = {
  "pkg/README": "The package",
  "docs/COMPARISON": "Comparison with others",
  "docs/MEASURED": "Measured: all sets in one run",
};

/** @param {import("typedoc").Application} app */
export function load(app) {
  app.on(Application.EVENT_BOOTSTRAP_END, () => app.options.setValue("markdownItLoader", nameHeadings));
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => nameDocument(document));
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_, declaration) => {
    if (declaration.kindOf(ReflectionKind.Module)) {
      declaration.name = declaration.name === "browser" ? "chromatid" : `chromatid/${declaration.name}`;
    }
  });
}

/** @param {import("typedoc").DocumentReflection} document */
function nameDocument(document) {
  const path = document.name;
  const chapter = Object.keys(CHAPTERS).find((name) => CHAPTERS[name]?.test(path));
  const heading = /^# (.*)\n/.exec(document.content[0]?.text ?? "");
  if (chapter === undefined || !heading?.[1]) {
    throw new Error(`${path}: a document begins with its heading and is part of a chapter; scripts/site/names.mjs names them`);
  }
  document.name = TITLES[path] ?? heading[1].replaceAll("`", "");
  document.frontmatter["group"] = chapter;
}

/**
 * TypeDoc's lists of headings, and their anchors, leave out what is code in them: there it becomes text.
 * @param {Parser} parser
 */
function nameHeadings(parser) {
  parser.core.ruler.push("plain_headings", ({ tokens }) => {
    const headings = tokens.filter((_, i) => tokens[i - 1]?.type === "heading_open");
    const codes = headings.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "code_inline");
    codes.forEach((code) => Object.assign(code, { type: "text", tag: "", markup: "" }));
  });
}

/** @typedef {{ type: string, children: Token[] | null }} Token */
/** @typedef {{ core: { ruler: { push(name: string, rule: (state: { tokens: Token[] }) => void): void } } }} Parser markdown-it's */
