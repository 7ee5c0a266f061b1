/** A Worker that lets everybody in and may be reset: what suites of steps are run on. */

import { DatabaseObject, type ObjectNamespace, type ObjectOptions, route } from "chromatid/cloudflare-server";

interface Env {
  STORES: ObjectNamespace;
}

export class Store extends DatabaseObject<Env> {
  protected options({ STORES }: Env): ObjectOptions {
    return { insecure: true, allowReset: true, namespace: STORES };
  }
}

export default {
  fetch: (request: Request, { STORES }: Env): Promise<Response> => route(request, STORES, { insecure: true }),
};
