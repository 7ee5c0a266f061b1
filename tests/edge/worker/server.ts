/** The Worker of the example, whose objects also tell what they know about their stores. */

import type { ObjectNamespace } from "chromatid/cloudflare-server";

import example, { Database } from "../../../examples/cloudflare-worker/src/index";

interface Env {
  STORES: ObjectNamespace;
  BUCKET: never;
  TOKENS?: string;
  /** Set where blocks are to lie in the bucket. */
  IN_BUCKET?: string;
}

const INFO = "/info/";

/** The bindings under the names that the example gives them. */
function bindingsOf({ STORES, BUCKET, TOKENS, IN_BUCKET }: Env) {
  return { DATABASES: STORES, TOKENS, ...(IN_BUCKET && { BLOCKS: BUCKET }) };
}

export class Store extends Database {
  constructor(state: ConstructorParameters<typeof Database>[0], env: Env) {
    super(state, bindingsOf(env));
  }

  override async fetch(request: Request): Promise<Response> {
    return new URL(request.url).pathname.startsWith(INFO) ? Response.json(await this.info()) : super.fetch(request);
  }
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(INFO)) {
      const { STORES } = env;
      return STORES.get(STORES.idFromName(pathname.slice(INFO.length)) as never).fetch(request);
    }
    return example.fetch(request, bindingsOf(env));
  },
};
