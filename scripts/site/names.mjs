/**
 * What the parts of the documentation site are called. TypeDoc names documents and modules by their files; here documents get their headings and
 * the chapter that they are part of, and modules what they are imported as.
 */

import { Converter, ReflectionKind } from "typedoc";

/** @type {Readonly<Record<string, RegExp>>} by the paths of their documents */
const CHAPTERS = {
  "Guides": /^(pkg\/README|docs\/(PACKAGES|FRAMEWORKS|MIGRATION|SYNC|SNAPSHOTS|SERVER|CLI))$/,
  "Examples": /^examples\/.*$/,
  "How it works": /^(docs\/(ARCHITECTURE|COMPARISON|INDEXES|RELIABILITY|FORMAT|MEASURED|DEVELOPMENT)|(benches|tests)\/.*)$/,
};

/** Titles of documents whose heading says too little beside others. @type {Readonly<Record<string, string>>} */
const TITLES = { "pkg/README": "The package" };

/** @param {import("typedoc").Application} app */
export function load(app) {
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
