/** Who may do what: tables of tokens, and what a caller's own check answers. */

/** What a request says of its sender. */
export interface Sender {
  method: string;
  url: string;
  headers: { get(name: string): string | null };
}

/** What a request is about, before its body is read. */
export interface Access {
  /** Chroma's name of the action, for instance `collection:query`; empty where nobody has to be known. */
  action: string;
  /** Of the path; empty where it has none. */
  tenant: string;
  database: string;
}

/** A verified identity, as `GET /auth/identity` shows it. Requests about other tenants or databases are refused. */
export interface Identity {
  user_id: string;
  /** `*` for all, and for what is about none, such as to create tenants and to reset. */
  tenant: string;
  /** `*` for all. */
  databases: string[];
}

/**
 * Answers who sends a request, or nothing for somebody unknown (401). Throw a {@link ForbiddenError} for somebody who is known and must not (403).
 */
export type Authorize = (request: Sender, access: Access) => Identity | undefined | null | Promise<Identity | undefined | null>;

/** Somebody who is known, and must not do this. */
export class ForbiddenError extends Error {
  override readonly name = "ForbiddenError";
}

/** A token and what it is for. */
export interface TokenGrant {
  token: string;
  /** Default empty. */
  user?: string;
  /** Default `*`. */
  tenant?: string;
  /** Default `["*"]`. */
  databases?: readonly string[];
  /** Names of actions; `*` at the end stands for the rest: `collection:*`. Default `["*"]`. */
  actions?: readonly string[];
}

/**
 * Checks the token of `x-chroma-token` or of `Authorization: Bearer` against a table. Every entry is compared, by digests, so that how long it
 * takes says nothing about the tokens.
 */
export function tokens(grants: readonly TokenGrant[]): Authorize {
  if (grants.some(({ token }) => token === "")) {
    throw new TypeError("an empty token would let everybody in");
  }
  let digests: Promise<Uint8Array[]> | undefined;
  return async (request, { action }) => {
    const given = tokenOf(request);
    if (given === undefined) {
      return undefined;
    }
    digests ??= Promise.all(grants.map(({ token }) => digest(token)));
    const [known, asked] = await Promise.all([digests, digest(given)]);
    let found: TokenGrant | undefined;
    for (const [place, candidate] of known.entries()) {
      found = isEqual(candidate, asked) ? grants[place] : found;
    }
    if (!found) {
      return undefined;
    }
    const { user = "", tenant = "*", databases = ["*"], actions = ["*"] } = found;
    if (action !== "" && !actions.some((pattern) => matches(pattern, action))) {
      throw new ForbiddenError(`The token is not for ${action}`);
    }
    return { user_id: user, tenant, databases: [...databases] };
  };
}

function tokenOf({ headers }: Sender): string | undefined {
  const own = headers.get("x-chroma-token");
  if (own !== null) {
    // Clients of Chroma write the kind of token in front of it, or do not.
    return own.replace(/^Bearer /i, "");
  }
  return /^Bearer +(.+)$/i.exec(headers.get("authorization") ?? "")?.[1];
}

async function digest(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token)));
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (const [place, byte] of a.entries()) {
    difference |= byte ^ (b[place] ?? 0);
  }
  return difference === 0;
}

function matches(pattern: string, action: string): boolean {
  return pattern.endsWith("*") ? action.startsWith(pattern.slice(0, -1)) : pattern === action;
}
