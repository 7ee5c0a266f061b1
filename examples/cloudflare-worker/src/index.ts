/** Chroma's HTTP API in a Worker: one Durable Object for each database. */

import { type BlockBucket, DatabaseObject, type ObjectNamespace, type ObjectOptions, route, type TokenGrant, tokens } from "chromatid/cloudflare-server";

interface Env {
  DATABASES: ObjectNamespace;
  /** Optional: keeps the blocks of databases larger than 10 GB. */
  BLOCKS?: BlockBucket;
  /** A secret: the tokens as JSON, `[{ "token": "…", "tenant": "*", "databases": ["*"], "actions": ["*"] }]`. */
  TOKENS?: string;
}

function gate({ TOKENS }: Env) {
  return TOKENS === undefined ? {} : { authorize: tokens(JSON.parse(TOKENS) as TokenGrant[]) };
}

export class Database extends DatabaseObject<Env> {
  protected options(env: Env): ObjectOptions {
    return { ...gate(env), namespace: env.DATABASES, bucket: env.BLOCKS };
  }
}

export default {
  fetch: (request: Request, env: Env) => route(request, env.DATABASES, gate(env)),
};
