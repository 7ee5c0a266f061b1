// A runner in a dedicated worker, called by messages; the address of the worker names it.

// Messages that come while it loads are answered then.
const loaded = import(`./${new URLSearchParams(location.search).get("runner")}.js`);

addEventListener("message", async ({ data: { call, method, args } }) => {
  try {
    const { runner } = await loaded;
    postMessage({ call, value: await runner[method](...args) });
  } catch (error) {
    postMessage({ call, error: describe(error) });
  }
});

/** Some modules throw strings and plain objects. */
function describe(error) {
  if (error instanceof Error) {
    return `${error.name}: ${error.message}`;
  }
  return typeof error === "object" ? (error?.message ?? JSON.stringify(error)) : String(error);
}
