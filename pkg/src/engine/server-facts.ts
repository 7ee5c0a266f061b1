/** What a server that holds a store says of itself, and of who asks. */

import type { ChecklistResponse, UserIdentity } from "../types.js";

/** A tenant and a database. */
export interface Scope {
  tenant: string;
  database: string;
}

/** Which server a client asks. */
export interface ServerInfo {
  url: string;
  kind: "chroma" | "chromatid";
  /** What it has beyond Chroma's single node; only servers of chromatid tell. */
  capabilities: string[];
}

/** What the client itself asks a server. */
export interface ServerFacts {
  version(): Promise<string>;
  identity(): Promise<UserIdentity>;
  checks(): Promise<ChecklistResponse>;
  /** A tenant and a database, where they are empty those that the sender's token is for. */
  scope(scope: Scope): Promise<Scope>;
}
