/** Reads the page that it is injected into. Called by the service worker once this file has run there. */

import { Readability } from "@mozilla/readability";

import type { Block, PageContent } from "../messages";

declare global {
  /** In the isolated world of the extension, which the page does not see. */
  var readForKeeping: (() => PageContent) | undefined;
}

const BLOCKS = new Set(["ADDRESS", "ARTICLE", "ASIDE", "BLOCKQUOTE", "BODY", "DD", "DIV", "DL", "DT", "FIGCAPTION", "FIGURE", "FOOTER", "H1", "H2", "H3", "H4", "H5", "H6", "HEADER", "HR", "LI", "MAIN", "OL", "P", "PRE", "SECTION", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "UL", "BR"]);
const PASSED_OVER = new Set(["SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE", "SVG", "CANVAS", "IFRAME", "NAV", "FORM", "BUTTON", "SELECT", "TEXTAREA", "DIALOG"]);

/** Of an article that is found there is more than this; else everything that is shown is read. */
const ARTICLE_CHARACTERS = 200;

globalThis.readForKeeping = () => {
  const article = new Readability(document.cloneNode(true) as Document, { serializer: (node) => node }).parse();
  const found = article?.content ? blocksOf(article.content) : [];
  const length = found.reduce((sum, { text }) => sum + text.length, 0);
  const title = (article?.title ?? "").trim() || document.title.trim() || location.hostname;
  return {
    url: location.href,
    title,
    language: languageOf(document.documentElement.lang || article?.lang),
    blocks: length > ARTICLE_CHARACTERS ? found : blocksOf(document.body),
  };
};

/** The first part of a language tag; `und` is undetermined. */
function languageOf(tag: string | null | undefined): string {
  return /^[a-z]{2,3}(?=$|[-_])/i.exec(tag?.trim() ?? "")?.[0].toLowerCase() ?? "und";
}

/** The text of an element, a block for each paragraph and heading. */
function blocksOf(root: Node): Block[] {
  const blocks: Block[] = [];
  let text = "";
  let level: number | undefined;
  const end = (): void => {
    const whole = text.replace(/\s+/gu, " ").trim();
    if (whole !== "") {
      blocks.push(level === undefined ? { text: whole } : { text: whole, level });
    }
    text = "";
  };
  const visit = (node: Node): void => {
    if (node.nodeType === Node.TEXT_NODE) {
      text += node.nodeValue ?? "";
    }
    if (node.nodeType !== Node.ELEMENT_NODE || PASSED_OVER.has(node.nodeName.toUpperCase()) || isHidden(node as Element)) {
      return;
    }
    const isBlock = BLOCKS.has(node.nodeName);
    const heading = /^H([1-6])$/.exec(node.nodeName)?.[1];
    if (isBlock) {
      end();
    }
    level = heading === undefined ? level : Number(heading);
    node.childNodes.forEach(visit);
    if (isBlock) {
      end();
    }
    level = heading === undefined ? level : undefined;
  };
  visit(root);
  end();
  return blocks;
}

/** What Readability has kept is a copy that is not shown: only of what is, can the browser tell. */
function isHidden(element: Element): boolean {
  return element.getAttribute("aria-hidden") === "true" || (element.isConnected && !element.checkVisibility());
}
