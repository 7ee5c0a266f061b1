/** The client itself: what it says of the server and of itself, and how it is made. */

/** @type {import("../world.mjs").Steps} */
export const steps = {
  heartbeat: async ({ client }) => (await client.heartbeat()) > 1.6e18,
  version: ({ client }) => client.version(),
  identity: ({ client }) => client.getUserIdentity(),
  "checks before they were asked": ({ client }) => client.preflightChecks,
  checks: ({ client }) => client.getPreflightChecks(),
  "checks once they were asked": ({ client }) => client.preflightChecks,
  "largest batch": ({ client }) => client.getMaxBatchSize(),
  base64: ({ client }) => client.supportsBase64Encoding(),
  "what the client is set to": ({ client }) => [client.tenant, client.database, client.headers],
  "path of the client": ({ client }) => client._path(),
  "path without a database": ({ place, chroma }) => new chroma.ChromaClient({ ...place, database: "" })._path(),
  "headers are sent": async ({ place, chroma }) => {
    const client = new chroma.ChromaClient({ ...place, headers: { "x-chroma-token": "anything", "x-other": "1" } });
    return [client.headers, await client.version()];
  },
  "options of fetch are used": ({ place, chroma }) => new chroma.ChromaClient({ ...place, fetchOptions: { redirect: "error" } }).version(),
  "made by a URL": ({ place, chroma }) => new chroma.ChromaClient({ path: `http://${place.host}:${place.port}` }).version(),
  "made by a bad URL": ({ chroma }) => new chroma.ChromaClient({ path: "no url" }),
  "made with credentials": ({ place, chroma }) => {
    const auth = { tokenHeaderType: /** @type {const} */ ("X_CHROMA_TOKEN"), credentials: "secret", provider: "token" };
    const client = new chroma.ChromaClient({ ...place, auth });
    return client.version();
  },
  "nobody listens": ({ chroma, place }) => new chroma.ChromaClient({ ...place, port: 9 }).heartbeat(),
  "cloud client without a key": ({ chroma }) => new chroma.CloudClient({ tenant: "some", database: "some" }),
  "cloud admin without a key": ({ chroma }) => new chroma.AdminCloudClient(),
  "not a server of Chroma": ({ chroma, place }) => new chroma.ChromaClient({ ...place, tenant: "nobody", database: "nothing" }).getCollection({ name: "thing" }),
  reset: async ({ client }) => {
    await client.createCollection({ name: "gone", embeddingFunction: null });
    await client.reset();
    return client.countCollections();
  },
};
