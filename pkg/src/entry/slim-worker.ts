/** The script of a worker whose page gives it the modules: one file, without URLs of others. */

import type { PatternsAsked, PatternsGiven } from "../engine/given.js";
import { runtimeOfModules } from "../engine/glue.js";
import type { Endpoint } from "../engine/rpc.js";
import { serve } from "../engine/worker-host.js";

/** Where this file is, for who imports it as a module of its own to start workers from it; a bundle that is no module has no address. */
export const url: string | undefined = import.meta.url;

function serveGiven(page: Endpoint): void {
  const waiting = new Set<(given: PatternsGiven) => void>();
  const patterns = async (): Promise<WebAssembly.Module> => {
    const given = await new Promise<PatternsGiven>((resolve) => {
      waiting.add(resolve);
      page.postMessage({ needs: "patterns" } satisfies PatternsAsked, []);
    });
    if (!given.patterns) {
      throw new Error(given.reason);
    }
    return given.patterns;
  };
  const engine = (): never => {
    throw new Error("the page has not given it");
  };
  serve(page, runtimeOfModules(engine, patterns), (data) => {
    for (const resolve of waiting) {
      resolve(data as PatternsGiven);
    }
    waiting.clear();
  });
}

const { DedicatedWorkerGlobalScope: Scope } = globalThis as { DedicatedWorkerGlobalScope?: new () => unknown };
if (Scope !== undefined && globalThis instanceof Scope) {
  serveGiven(globalThis as unknown as Endpoint);
}
