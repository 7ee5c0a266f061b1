/** A Worker that lets everybody in and may be reset: what suites of steps are run on. */

import { DatabaseObject, type ObjectNamespace, type ObjectOptions, route } from "chromatid/cloudflare-server";

interface Env {
  STORES: ObjectNamespace;
  /** Set where clients expect to write as much at a time as Chroma takes. */
  LARGE_WRITES?: string;
}

const LARGE_WRITES = { batchSize: 5461, bodyBytes: 40 * 1024 * 1024 };

export class Store extends DatabaseObject<Env> {
  protected options({ STORES, ...env }: Env): ObjectOptions {
    return { insecure: true, allowReset: true, namespace: STORES, ...(env.LARGE_WRITES && { limits: LARGE_WRITES }) };
  }
}

export default {
  fetch: (request: Request, { STORES }: Env): Promise<Response> => route(request, STORES, { insecure: true }),
};
