/** The pages that are kept: two collections of one store, of which the second follows from the first. */

import { ChromaClient, type Collection, Schema, SparseVectorIndexConfig, VectorIndexConfig } from "chromatid";

import { MiniLmStatic } from "../../../../www/src/embedding/minilm-static";
import type { Argument, FoundPage, KeptPage, PageContent, PageList, StoreInfo } from "../messages";
import { isWebPage } from "./address";
import { find } from "./finding";
import { asPassage, INDEX, pageId, pageOf, PAGES, type PageRecords, recordsOf, searchedText, WORDS } from "./records";
import { bm25, follow } from "./word-index";

const STORE = "kept";

/** More passages than a page has. */
const ALL = 100_000;

const embedding = new MiniLmStatic();
const embed = (texts: string[]): Promise<Float32Array[]> => embedding.generate(texts);

export class Library {
  readonly client: ChromaClient;
  readonly #pages: Collection;
  readonly #index: Collection;
  /** Writes to the index, one after the other. */
  #following: Promise<unknown> = Promise.resolve();

  private constructor(client: ChromaClient, pages: Collection, index: Collection) {
    this.client = client;
    this.#pages = pages;
    this.#index = index;
  }

  static async open(options: ConstructorParameters<typeof ChromaClient>[0] = {}): Promise<Library> {
    const client = new ChromaClient({ name: STORE, ...options });
    const pages = await client.getOrCreateCollection({ name: PAGES, embeddingFunction: embedding, configuration: { hnsw: { space: "cosine" } } });
    const schema = new Schema()
      .createIndex(new VectorIndexConfig({ space: "cosine", embeddingFunction: embedding }))
      .createIndex(new SparseVectorIndexConfig({ embeddingFunction: bm25, bm25: true }), WORDS);
    const index = await client.getOrCreateCollection({ name: INDEX, schema });
    const library = new Library(client, pages, index);
    // A crash may have come between the two.
    await library.follow();
    return library;
  }

  /** Brings the index up to date, for one page or for all. */
  follow(page?: string): Promise<void> {
    const done = this.#following.then(() => follow(this.#pages, this.#index, page === undefined ? undefined : { page }));
    this.#following = done.catch(() => undefined);
    return done;
  }

  /** Keeps a page, in the place of what was kept of it before. */
  async keep(content: PageContent): Promise<KeptPage> {
    const records = await recordsOf(content, Date.now());
    await this.#replace(records);
    return records.page;
  }

  async #replace(records: PageRecords): Promise<void> {
    const { page, ids, documents, metadatas } = records;
    const embeddings = await embed(documents.map((text, i) => searchedText(metadatas[i]!, text)));
    // All of it or nothing, whatever ends in between.
    await this.#pages.conditional().run(async (transaction) => {
      const { ids: before } = await transaction.get({ where: { page: page.id }, limit: ALL, include: [] });
      await transaction.get({ ids, include: [] });
      await transaction.upsert({ ids, documents, metadatas, embeddings });
      const wanted = new Set(ids);
      const gone = before.filter((id) => !wanted.has(id));
      await (gone.length > 0 ? transaction.delete({ ids: gone }) : undefined);
    });
    await this.follow(page.id);
  }

  async page(url: string): Promise<KeptPage | null> {
    if (!isWebPage(url)) {
      return null;
    }
    const { metadatas } = await this.#pages.get({ ids: [`${await pageId(url)}#0`] });
    const metadata = asPassage(metadatas[0]);
    return metadata ? pageOf(metadata) : null;
  }

  async pages({ site, limit }: Argument<"pages">): Promise<PageList> {
    const first = { position: 0 };
    const [{ metadatas }, [sites]] = await Promise.all([
      this.#pages.get({ where: site === undefined ? first : { $and: [first, { site }] }, include: ["metadatas"] }),
      this.#pages.facets({ keys: ["site"], where: first, limit: ALL }),
    ]);
    const pages = metadatas.flatMap((metadata) => {
      const passage = asPassage(metadata);
      return passage ? [pageOf(passage)] : [];
    });
    return {
      pages: pages.sort((a, b) => b.keptAt - a.keptAt).slice(0, limit),
      sites: (sites?.values ?? []).map(({ value, count }) => ({ site: String(value), pages: count })),
      total: pages.length,
    };
  }

  async search({ text, site, pages }: Argument<"search">): Promise<FoundPage[]> {
    const where = site === undefined ? undefined : { site };
    return find(this.#pages, this.#index, embed, { text: text.trim(), where, pages });
  }

  async forget(page: string): Promise<void> {
    await this.#pages.delete({ where: { page } });
    await this.follow(page);
  }

  async info(): Promise<StoreInfo> {
    const { usage = 0 } = await navigator.storage.estimate();
    return { bytes: usage };
  }

  /** All kept pages as one file. */
  async export(): Promise<Blob> {
    return new Response(this.client.export({ collections: [PAGES] })).blob();
  }

  /** Takes the pages of a file that are not here, or of which it has a later state. Answers how many. */
  async import(file: Blob): Promise<number> {
    const other = new ChromaClient({ storage: "memory", name: crypto.randomUUID() });
    try {
      await other.import(file);
      const pages = await other.getCollection({ name: PAGES, embeddingFunction: embedding });
      let taken = 0;
      const { metadatas } = await pages.get({ where: { position: 0 }, include: ["metadatas"] });
      for (const metadata of metadatas) {
        const first = asPassage(metadata);
        const here = first && (await this.page(first.url));
        if (first && (!here || here.keptAt < first.kept_at)) {
          const { ids, documents, metadatas: all } = await pages.get({ where: { page: first.page } });
          const passages = all.map((one) => asPassage(one)).filter((one) => one !== undefined);
          await this.#replace({ page: pageOf(first), ids, documents: documents.map((text) => text ?? ""), metadatas: passages });
          taken += 1;
        }
      }
      return taken;
    } finally {
      await other.close();
    }
  }

  /** After pages came from elsewhere: of a page that has become shorter on another device nothing of before is left. */
  async tidy(): Promise<void> {
    const { ids, metadatas } = await this.#pages.get({ include: ["metadatas"] });
    const passages = metadatas.map((metadata) => asPassage(metadata));
    const latest = new Map<string, { kept_at: number; passages: number }>();
    for (const passage of passages) {
      if (passage && passage.kept_at > (latest.get(passage.page)?.kept_at ?? -1)) {
        latest.set(passage.page, passage);
      }
    }
    const left = ids.filter((_, i) => {
      const passage = passages[i];
      return passage && passage.position >= (latest.get(passage.page)?.passages ?? Infinity);
    });
    await (left.length > 0 ? this.#pages.delete({ ids: left }) : undefined);
    await this.follow();
  }
}
