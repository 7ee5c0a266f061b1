// The runner in a dedicated worker, called by messages.
import { runner } from "./runner.js";

addEventListener("message", async ({ data: { call, method, args } }) => {
  try {
    postMessage({ call, value: await runner[method](...args) });
  } catch (error) {
    postMessage({ call, error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
  }
});
