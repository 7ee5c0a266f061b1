/** One fault at every storage call of a workload, each in an object of its own. */

import type { StorageName } from "./adapters";
import type { Fault } from "./faults";
import { after, canonical, type Contents, type Step } from "./model";
import type { Request } from "./object";
import { askObject, type Bindings } from "./platform";

const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, place) => `r${from + place}`);

/** Writes, a compaction of them, changes over its blocks, deletions, openings. */
const WORKLOAD: Step[] = [
  { do: "create", on: "kept" },
  { do: "add", on: "kept", ids: numbered(0, 20), version: 1 },
  { do: "maintain" },
  { do: "upsert", on: "kept", ids: numbered(15, 30), version: 2 },
  { do: "create", on: "dropped" },
  { do: "add", on: "dropped", ids: numbered(0, 12), version: 3 },
  { do: "compact" },
  { do: "delete", on: "kept", ids: numbered(5, 18) },
  { do: "reopen" },
  { do: "maintain" },
  { do: "drop", on: "dropped" },
  { do: "upsert", on: "kept", ids: numbered(3, 7), version: 4 },
  { do: "compact" },
  { do: "delete", on: "kept", ids: ["r0"] },
];

/** What a sweep came to. */
export interface SweepResult {
  /** Storage calls that the workload makes without a fault. */
  calls: number;
  /** Faults that were tried. */
  tried: number;
  failures: string[];
}

/** Tries a kind of fault at every storage call, `lanes` at a time. */
export async function sweep(bindings: Bindings, storage: StorageName, kind: Fault["kind"], lanes: number): Promise<SweepResult> {
  const ask = (name: string, request: Request) => askObject(bindings, `${storage} ${kind} ${name}`, JSON.stringify(request));
  await run(ask, "none", storage);
  const calls = Number(await ask("none", { call: "calls" }));
  const left = Number(await ask("none", { call: "empty", storage }));
  const result: SweepResult = { calls, tried: 0, failures: [] };
  let next = 1;
  const lane = async () => {
    while (next <= calls) {
      const fault: Fault = { kind, at: next++ };
      const name = String(fault.at);
      try {
        const { acknowledged, underWay } = await run(ask, name, storage, fault);
        await ask(name, { call: "abort" }).catch(() => undefined);
        await verify(ask, name, storage, [acknowledged, underWay], left);
      } catch (error) {
        result.failures.push(`${kind} at call ${fault.at}: ${(error as Error).message}`);
      }
      result.tried += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return result;
}

type Ask = (name: string, request: Request) => Promise<unknown>;

/** Takes steps until one fails. */
async function run(
  ask: Ask,
  name: string,
  storage: StorageName,
  fault?: Fault,
): Promise<{ acknowledged: Contents; underWay: Contents }> {
  let acknowledged: Contents = {};
  for (const step of WORKLOAD) {
    const next = after(acknowledged, step);
    try {
      await ask(name, { call: "step", storage, step, fault });
    } catch (error) {
      if (!fault) {
        throw error;
      }
      return { acknowledged, underWay: next };
    }
    acknowledged = next;
  }
  return { acknowledged, underWay: acknowledged };
}

/** What was acknowledged is there, perhaps with what was under way; the store goes on; nothing that it does not need is left. */
async function verify(ask: Ask, name: string, storage: StorageName, allowed: Contents[], left: number): Promise<void> {
  const found = await ask(name, { call: "contents", storage });
  const contents = allowed.find((one) => canonical(one) === found);
  if (!contents) {
    throw new Error(`found ${String(found).slice(0, 300)}…`);
  }
  const steps: Step[] = [{ do: "create", on: "later" }, { do: "add", on: "later", ids: ["l"], version: 5 }, { do: "maintain" }];
  for (const step of steps) {
    await ask(name, { call: "step", storage, step });
  }
  if ((await ask(name, { call: "contents", storage })) !== canonical(steps.reduce(after, contents))) {
    throw new Error("the store does not go on");
  }
  const blocks = await ask(name, { call: "empty", storage });
  if (blocks !== left) {
    throw new Error(`${String(blocks)} blocks are left, not ${left}`);
  }
}
