// What is asked of FTS5.
import { wordsOf } from "../../browser/stems.js";

/** A text as a string of FTS5's query language. */
export const quoted = (text) => `"${text.replaceAll('"', '""')}"`;

/** A query that any word of a text answers; stop words are left out, as everywhere here. */
export const matchAny = (text) => wordsOf(text).map(quoted).join(" OR ");
