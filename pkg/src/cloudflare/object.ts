/**
 * Databases in Durable Objects: one object for each database, and one, the catalogue, for the names of tenants and databases. All are objects
 * of one class with SQLite storage.
 */

import type { EngineInfo } from "../engine/engine.js";
import type { Handler, HandlerOptions } from "../server/handler.js";
import type { StorageAdapter } from "../storage/adapter.js";
import { DurableObjectStorage } from "../storage/durable-object.js";
import { type BlockBucket, R2Storage } from "../storage/r2.js";
import type { SqlStorage } from "../storage/sqlite.js";
import { MadeObjects } from "./made-objects.js";
import { CATALOGUE, INTERNAL_HOST, nameOf, type Place, placeOf, resourceOf } from "./place.js";

/** The part of a Durable Object's state that is used here. */
export interface ObjectState {
  id: { toString(): string };
  storage: SqlStorage & {
    getAlarm(): Promise<number | null>;
    setAlarm(time: number): Promise<void>;
    deleteAlarm(): Promise<void>;
    deleteAll(): Promise<void>;
  };
}

/** The binding of the class. */
export interface ObjectNamespace {
  idFromName(name: string): unknown;
  get(id: never): { fetch(request: Request): Promise<Response> };
}

/** How the objects of a Worker work. */
export interface ObjectOptions extends Omit<HandlerOptions, "storage" | "name" | "housekeeping"> {
  /** Default: those of {@link OBJECT_LIMITS}, and of handlers elsewhere. */
  limits?: HandlerOptions["limits"];
  /** The binding of the class itself. */
  namespace: ObjectNamespace;
  /** Keeps the blocks of large databases; default: the objects' own storage, which holds 10 GB each. */
  bucket?: BlockBucket;
}

/** An isolate has 128 MB for everything, the texts of requests included: 1,000 vectors of 384 components are 8 MB of JSON. */
export const OBJECT_LIMITS = { batchSize: 1000, bodyBytes: 16 * 1024 * 1024 };

/** Where only objects send requests to each other: `route` passes none on that name this host. */
const ERASE = `https://${INTERNAL_HOST}/erase`;
const KNOWS = `https://${INTERNAL_HOST}/knows`;

const NAMED = `https://${INTERNAL_HOST}/named`;

const RESET = "/api/v2/reset";

/** Quiet time after which work in the background begins, and pause between two parts of it, in milliseconds. */
const QUIET_MS = 10_000;
const PAUSE_MS = 1_000;

/** How long one part may take, in milliseconds: far below what the platform allows, and requests come in between. */
const PART_MS = 5_000;

/** Requests after which there may be work in the background. */
const CHANGES = /\/(add|update|upsert|delete|fork|commit|attach|restore)$/;

/** Makes a handler; the entry point's own. */
export type MakeHandler = (options: HandlerOptions) => Handler;

/** One object. The entry point makes the class that Workers export out of it. */
export class DatabaseCore {
  readonly #state: ObjectState;
  readonly #options: ObjectOptions;
  readonly #make: MakeHandler;
  #handler: Handler | undefined;
  /** Whether the store of this object has its database. */
  #prepared: Promise<boolean> | undefined;
  #alarmed = false;
  /** Of the catalogue only. */
  #made: MadeObjects | undefined;

  constructor(state: ObjectState, options: ObjectOptions, make: MakeHandler) {
    this.#state = state;
    this.#options = options;
    this.#make = make;
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (request.url === ERASE) {
      return this.#erase();
    }
    if (request.url.startsWith(`${KNOWS}?`)) {
      return this.#knows(searchParams.get("tenant") ?? "", searchParams.get("database") ?? "");
    }
    if (request.url.startsWith(`${NAMED}?`)) {
      return this.#nameTenant(searchParams.get("tenant") ?? "", searchParams.get("resource") ?? "");
    }
    const place = placeOf(pathname);
    if (this.#isCatalogue()) {
      return (await this.#answerElsewhere(request, pathname)) ?? this.#answerCatalogue(request, place);
    }
    if (place === undefined) {
      return this.#open()(request);
    }
    if (!(await this.#prepare(place))) {
      // It knows what is to be said of a database that does not exist.
      return this.#object(CATALOGUE).fetch(request);
    }
    const response = await this.#open()(request);
    if (response.ok && CHANGES.test(pathname)) {
      await this.#wakeLater(QUIET_MS);
    }
    return response;
  }

  /** Work in the background, in parts. */
  async alarm(): Promise<void> {
    this.#alarmed = false;
    const end = Date.now() + PART_MS;
    while (await this.#open().maintain()) {
      // A clock of the platform goes on only while something is waited for.
      await new Promise((resolve) => setTimeout(resolve));
      if (Date.now() > end) {
        await this.#wakeLater(PAUSE_MS);
        return;
      }
    }
  }

  info(): Promise<EngineInfo> {
    return this.#open().info();
  }

  /** Names of tenants and databases; a database that is deleted takes its object's data with it, and a reset those of all. */
  async #answerCatalogue(request: Request, place: Place | undefined): Promise<Response> {
    const response = await this.#open()(request);
    if (place?.rest === "" && request.method === "DELETE" && response.ok) {
      await this.#eraseObject(nameOf(place));
    }
    if (new URL(request.url).pathname === RESET && response.ok) {
      const objects = this.#objects();
      objects.condemn();
      await Promise.all(objects.condemned().map((name) => this.#eraseObject(name)));
    }
    return response;
  }

  /** A collection that is asked for by its resource name (CRN) is in the object of its database. */
  async #answerElsewhere(request: Request, pathname: string): Promise<Response | undefined> {
    const { resource, database } = resourceOf(pathname) ?? {};
    if (resource === undefined || database === undefined) {
      return undefined;
    }
    const engine = await this.#open().engine();
    const tenants = this.#objects().places().filter((place) => place.database === database).map(({ tenant }) => tenant);
    const named = await Promise.all(tenants.map((tenant) => engine.getTenant(tenant).catch(() => undefined)));
    // As the engine looks one up: by its resource name, else by its name.
    const found = named.find((one) => one?.resource_name === resource) ?? named.find((one) => one?.name === resource);
    if (!found) {
      return undefined;
    }
    const object = this.#object(nameOf({ tenant: found.name, database }));
    if (found.resource_name !== null) {
      await object.fetch(new Request(`${NAMED}?${new URLSearchParams({ tenant: found.name, resource: found.resource_name }).toString()}`));
    }
    return object.fetch(request);
  }

  /** Tells the store of this object what the catalogue knows. */
  async #nameTenant(tenant: string, resource: string): Promise<Response> {
    const engine = await this.#open().engine();
    const { resource_name: known } = await engine.getTenant(tenant);
    if (known !== resource) {
      await engine.updateTenant(tenant, resource);
    }
    return new Response();
  }

  async #eraseObject(name: string): Promise<void> {
    const erased = await this.#object(name).fetch(new Request(ERASE, { method: "POST" }));
    if (!erased.ok) {
      throw new Error(`the object of ${name} could not be erased: ask again`);
    }
    this.#objects().forget(name);
  }

  #objects(): MadeObjects {
    this.#made ??= new MadeObjects(this.#state.storage);
    return this.#made;
  }

  #isCatalogue(): boolean {
    return String(this.#options.namespace.idFromName(CATALOGUE)) === this.#state.id.toString();
  }

  /** Makes the database in this object's store, if it is in the catalogue. */
  async #prepare(place: Place): Promise<boolean> {
    this.#prepared ??= this.#makeDatabase(place);
    const isThere = await this.#prepared.catch((error: unknown) => {
      this.#prepared = undefined;
      throw error;
    });
    if (!isThere) {
      this.#prepared = undefined;
    }
    return isThere;
  }

  async #makeDatabase({ tenant, database }: Place): Promise<boolean> {
    const path = new URLSearchParams({ tenant, database }).toString();
    const asked = await this.#object(CATALOGUE).fetch(new Request(`${KNOWS}?${path}`));
    if (!asked.ok) {
      return false;
    }
    const engine = await this.#open().engine();
    const isNew = (error: unknown) => {
      if ((error as { code?: number }).code !== 409) {
        throw error;
      }
    };
    await engine.createTenant(tenant).catch(isNew);
    await engine.createDatabase(tenant, database).catch(isNew);
    return true;
  }

  async #knows(tenant: string, database: string): Promise<Response> {
    const engine = await this.#open().engine();
    const isKnown = await engine.getDatabase(tenant, database).then(() => true, () => false);
    const name = nameOf({ tenant, database });
    const objects = this.#objects();
    if (objects.condemned().includes(name)) {
      // A reset that did not come to its end.
      await this.#eraseObject(name);
    }
    if (isKnown) {
      objects.remember(name);
    }
    return new Response(null, { status: isKnown ? 200 : 404 });
  }

  /** Makes the object as if it had never been. */
  async #erase(): Promise<Response> {
    const storage = this.#storage();
    await this.#handler?.close();
    this.#handler = undefined;
    // Blocks in a bucket are not part of the object.
    await storage.clear();
    this.#prepared = undefined;
    await this.#state.storage.deleteAlarm();
    await this.#state.storage.deleteAll();
    return new Response();
  }

  #open(): Handler {
    const limits = { ...OBJECT_LIMITS, ...this.#options.limits };
    this.#handler ??= this.#make({ ...this.#options, limits, storage: this.#storage(), housekeeping: "manual" });
    return this.#handler;
  }

  #storage(): StorageAdapter {
    const { bucket } = this.#options;
    const own = new DurableObjectStorage(this.#state.storage);
    return bucket ? new R2Storage({ bucket, prefix: this.#state.id.toString(), log: own }) : own;
  }

  #object(name: string): { fetch(request: Request): Promise<Response> } {
    const { namespace } = this.#options;
    return namespace.get(namespace.idFromName(name) as never);
  }

  async #wakeLater(milliseconds: number): Promise<void> {
    if (!this.#alarmed) {
      this.#alarmed = true;
      if ((await this.#state.storage.getAlarm()) === null) {
        await this.#state.storage.setAlarm(Date.now() + milliseconds);
      }
    }
  }
}
