/** The way from a Worker's requests to the objects of their databases. */

import type { Authorize, Identity } from "../server/access.js";
import type { ObjectNamespace } from "./object.js";
import { CATALOGUE, INTERNAL_HOST, nameOf, type Place, placeOf } from "./place.js";

/** Who is let through to an object. What they may do there, the object itself says. */
export interface GateOptions {
  authorize?: Authorize;
  insecure?: boolean;
}

/**
 * Sends a request to the object of its database. Nobody unknown reaches one: each object that is named for the first time is one that is made.
 */
export async function route(request: Request, namespace: ObjectNamespace, gate: GateOptions): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  if (hostname === INTERNAL_HOST) {
    return new Response(null, { status: 404 });
  }
  const place = placeOf(pathname);
  if (request.method !== "OPTIONS" && !(await isLetIn(request, place, gate))) {
    const body = { error: "ChromaError", message: "Unauthorized" };
    return Response.json(body, { status: 401, headers: { "www-authenticate": "Bearer" } });
  }
  const name = place && place.rest !== "" ? nameOf(place) : CATALOGUE;
  return namespace.get(namespace.idFromName(name) as never).fetch(request);
}

async function isLetIn(request: Request, place: Place | undefined, { authorize, insecure }: GateOptions): Promise<boolean> {
  if (!authorize) {
    return insecure === true;
  }
  const { tenant = "", database = "" } = place ?? {};
  const identity = await authorize(request, { action: "", tenant, database });
  // What is about no database reaches the catalogue, which answers everybody what nobody has to be known for.
  return place === undefined || place.rest === "" || (identity !== null && identity !== undefined && covers(identity, place));
}

function covers(identity: Identity, { tenant, database }: Place): boolean {
  const isTenant = identity.tenant === "*" || identity.tenant === tenant;
  return isTenant && (identity.databases.includes("*") || identity.databases.includes(database));
}
