import type { Metadata } from "chromatid";
import { fetchAsset, gunzipText } from "./assets";

/** Name of the collection that holds the glosses. */
export const WORDNET = "wordnet";

/** Records of the data set. */
export const WORDNET_SIZE = 5000;

/** One gloss: the document is `lemma, lemma: definition`. */
export interface GlossRecord {
  id: string;
  document: string;
  metadata: Metadata;
}

/** The data set that is shipped with the page, in the order of its file. */
export async function loadWordnet(): Promise<GlossRecord[]> {
  const text = await gunzipText(await fetchAsset("data/wordnet-5k.texts.jsonl.gz"));
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as GlossRecord);
}

/** What a card shows of a gloss. Records that a user wrote into the collection may lack any of it. */
export interface Gloss {
  title: string;
  definition: string;
  partOfSpeech: string | undefined;
  domain: string | undefined;
  count: number;
}

/** Reads a gloss out of a record. */
export function readGloss(id: string, document: string | null, metadata: Metadata | null): Gloss {
  const text = document ?? "";
  const lemmas = metadata?.lemmas;
  const heading = Array.isArray(lemmas) ? lemmas.join(", ") : "";
  const hasHeading = heading !== "" && text.startsWith(`${heading}: `);
  return {
    title: heading || id,
    definition: hasHeading ? text.slice(heading.length + 2) : text,
    partOfSpeech: stringOf(metadata?.pos),
    domain: stringOf(metadata?.domain),
    count: typeof metadata?.count === "number" ? metadata.count : 0,
  };
}

const stringOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const DOMAIN_LABELS: Readonly<Record<string, string>> = {
  "adj.all": "general (adjective)",
  "adj.pert": "relational (adjective)",
  "adv.all": "general (adverb)",
  "noun.Tops": "top concepts",
};

/** A lexicographer file as people say it: `noun.animal` → `animal`. Nouns and verbs share names, so a facet adds the part of speech. */
export function domainLabel(domain: string, { long = false } = {}): string {
  const special = DOMAIN_LABELS[domain];
  if (special) return long ? special : special.replace(/ \(.*/, "");
  const [part = "", name = domain] = domain.split(".", 2);
  return long ? `${name} (${part})` : name;
}
