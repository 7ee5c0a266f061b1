/** Tenants and databases. */

/** @type {import("../world.mjs").Steps} */
export const steps = {
  "the default tenant": ({ admin }) => admin.getTenant({ name: "default_tenant" }),
  "the default database": ({ admin }) => admin.getDatabase({ name: "default_database", tenant: "default_tenant" }),
  "create a tenant": ({ admin }) => admin.createTenant({ name: "acme" }),
  "create it again": ({ admin }) => admin.createTenant({ name: "acme" }),
  "a tenant's name is too short": ({ admin }) => admin.createTenant({ name: "a" }),
  "show it": ({ admin }) => admin.getTenant({ name: "acme" }),
  "show an unknown tenant": ({ admin }) => admin.getTenant({ name: "nobody" }),
  "a tenant with a strange name": async ({ admin }) => {
    await admin.createTenant({ name: "a/b c%20ü" });
    return admin.getTenant({ name: "a/b c%20ü" });
  },
  "databases of a new tenant": ({ admin }) => admin.listDatabases({ tenant: "acme" }),
  "create a database": ({ admin }) => admin.createDatabase({ name: "books", tenant: "acme" }),
  "create the database again": ({ admin }) => admin.createDatabase({ name: "books", tenant: "acme" }),
  "a database of an unknown tenant": ({ admin }) => admin.createDatabase({ name: "books", tenant: "nobody" }),
  "a database's name is too short": ({ admin }) => admin.createDatabase({ name: "b", tenant: "acme" }),
  "a database's name has a space": ({ admin }) => admin.createDatabase({ name: "b c d", tenant: "acme" }),
  "show the database": ({ admin }) => admin.getDatabase({ name: "books", tenant: "acme" }),
  "show an unknown database": ({ admin }) => admin.getDatabase({ name: "films", tenant: "acme" }),
  "databases in pages": async ({ admin }) => {
    await admin.createDatabase({ name: "films", tenant: "acme" });
    await admin.createDatabase({ name: "songs", tenant: "acme" });
    const pages = [];
    for (const offset of [0, 2, 4]) {
      pages.push((await admin.listDatabases({ tenant: "acme", limit: 2, offset })).length);
    }
    const all = await admin.listDatabases({ tenant: "acme" });
    return [pages, all.map(({ name }) => name).sort()];
  },
  "a collection in it": async ({ place, chroma }) => {
    const books = new chroma.ChromaClient({ ...place, tenant: "acme", database: "books" });
    const collection = await books.createCollection({ name: "novels", embeddingFunction: null });
    await collection.add({ ids: ["a"], embeddings: [[1, 2]] });
    return [collection, await collection.count(), await books.countCollections()];
  },
  "it is not in the other database": ({ place, chroma }) => new chroma.ChromaClient({ ...place, tenant: "acme", database: "films" }).getCollection({ name: "novels" }),
  "it is not in the default database": ({ client }) => client.getCollection({ name: "novels" }),
  "collections of an unknown database": ({ place, chroma }) => new chroma.ChromaClient({ ...place, database: "nothing" }).listCollections(),
  "create in an unknown database": ({ place, chroma }) => new chroma.ChromaClient({ ...place, database: "nothing" }).createCollection({ name: "things", embeddingFunction: null }),
  "delete a database": ({ admin }) => admin.deleteDatabase({ name: "books", tenant: "acme" }),
  "delete it again": ({ admin }) => admin.deleteDatabase({ name: "books", tenant: "acme" }),
  "it is gone": ({ admin }) => admin.getDatabase({ name: "books", tenant: "acme" }),
};
