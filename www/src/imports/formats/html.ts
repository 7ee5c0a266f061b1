import { Parser } from "htmlparser2";
import type { Piece, Row } from "../rows";
import { addSection } from "./text";
import { textPieces } from "./text-pieces";

/** What is not read by people. */
const SILENT = new Set(["script", "style", "noscript", "template", "svg", "math", "iframe", "object", "nav"]);

/** What stands in a block of its own. */
const BLOCKS = /^(address|article|aside|blockquote|body|dd|div|dl|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hr|li|main|ol|p|pre|section|table|tr|ul)$/;

const SECTION_LENGTH = 32 * 1024;

/** The text of a page, its blocks as paragraphs, without scripts, styles and navigation. */
export async function* parseHtml(file: File): AsyncGenerator<Piece> {
  const reader = new PageText();
  for await (const { text, share, isLast } of textPieces(file)) {
    reader.take(text);
    const rows: Row[] = [];
    if (isLast) reader.end();
    if (isLast || reader.text.length > SECTION_LENGTH) addSection(rows, reader.takeText(), reader.title ? { title: reader.title } : {});
    yield { rows, share, bad: [] };
  }
}

class PageText {
  readonly #parser: Parser;
  #silent = 0;
  #isTitle = false;
  #pre = 0;
  text = "";
  title = "";

  constructor() {
    this.#parser = new Parser({
      onopentagname: (name) => this.#open(name),
      ontext: (text) => this.#add(text),
      onclosetag: (name) => this.#close(name),
    });
  }

  take(html: string): void {
    this.#parser.write(html);
  }

  end(): void {
    this.#parser.end();
  }

  /** What came since the last time. */
  takeText(): string {
    const { text } = this;
    this.text = "";
    return text.replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n");
  }

  #open(name: string): void {
    if (SILENT.has(name)) this.#silent++;
    if (name === "title" && this.#silent === 0) this.#isTitle = true;
    if (name === "pre") this.#pre++;
    if (BLOCKS.test(name)) this.text += "\n\n";
    if (name === "br") this.text += "\n";
    if (name === "td" || name === "th") this.text += " ";
  }

  #close(name: string): void {
    if (SILENT.has(name)) this.#silent--;
    if (name === "title") this.#isTitle = false;
    if (name === "pre") this.#pre--;
    if (BLOCKS.test(name)) this.text += "\n\n";
  }

  #add(text: string): void {
    if (this.#silent > 0) return;
    if (this.#isTitle) {
      this.title = `${this.title}${text}`.replace(/\s+/g, " ").trim();
      return;
    }
    if (this.#pre > 0) {
      this.text += text;
      return;
    }
    const joined = text.replace(/\s+/g, " ");
    this.text += /(^|\s)$/.test(this.text) ? joined.trimStart() : joined;
  }
}
