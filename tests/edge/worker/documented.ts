/** The class that the package's README shows, and a look at what it has stored. */

import { ChromaClient, type RecordSet } from "chromatid";
import { DurableObjectStorage } from "chromatid/cloudflare";
import { Articles } from "documented-articles";

export class Store extends Articles {
  /** Only where nothing was added since the process began: a storage belongs to one client. */
  async ids(): Promise<string[]> {
    const client = new ChromaClient({ storage: new DurableObjectStorage(this.ctx.storage), housekeeping: "manual" });
    const articles = await client.getCollection({ name: "articles" });
    return (await articles.get()).ids;
  }
}

export default {
  async fetch(request: Request, { STORES }: { STORES: { idFromName(name: string): object; get(id: object): Store } }): Promise<Response> {
    const object = STORES.get(STORES.idFromName("one"));
    const records = (await request.json()) as RecordSet | null;
    return Response.json((await (records ? object.add(records) : object.ids())) ?? null);
  },
};
