/** Which database a path is about. */

export interface Place {
  tenant: string;
  database: string;
  /** What follows the database, beginning with a slash; empty if nothing does. */
  rest: string;
}

/** The name of the object that knows the names of tenants and databases. No tenant's name has a slash in front of it. */
export const CATALOGUE = "/catalogue";

/** The host in the URLs of requests that objects send to each other. No name of a network ends so. */
export const INTERNAL_HOST = "object.internal";

const DATABASE = /^\/api\/v2\/tenants\/([^/]+)\/databases\/([^/]+)(\/.*)?$/;

/** The database of a path; nothing for paths about tenants, or about the server. */
export function placeOf(path: string): Place | undefined {
  const [, tenant, database, rest = ""] = DATABASE.exec(path) ?? [];
  if (tenant === undefined || database === undefined) {
    return undefined;
  }
  try {
    return { tenant: decodeURIComponent(tenant), database: decodeURIComponent(database), rest };
  } catch {
    // The catalogue says what is wrong with it.
    return undefined;
  }
}

/** Tenant's resource name and database of a path that names a collection by its own (CRN); nothing for other paths. */
export function resourceOf(path: string): { resource: string; database: string } | undefined {
  const [, crn] = /^\/api\/v2\/collections\/([^/]+)$/.exec(path) ?? [];
  try {
    const [resource, database, name, ...more] = decodeURIComponent(crn ?? "").split(":");
    return resource && database && name && more.length === 0 ? { resource, database } : undefined;
  } catch {
    return undefined;
  }
}

/** The name of a database's object. */
export function nameOf({ tenant, database }: Omit<Place, "rest">): string {
  return `${encodeURIComponent(tenant)}/${encodeURIComponent(database)}`;
}

/** The other way round. */
export function databaseOf(name: string): Omit<Place, "rest"> {
  const [tenant = "", database = ""] = name.split("/").map(decodeURIComponent);
  return { tenant, database };
}
