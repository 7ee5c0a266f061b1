import type { StoreKey } from "../store/open-store";
import type { Problem } from "../store/problems";
import type { Inspection } from "./fields";
import type { Job, Position } from "./job";
import type { Advance } from "./run-job";

interface Order {
  job: Job;
  key: StoreKey;
  /** Of servers of models */
  modelKeys: ReadonlyMap<string, string>;
}

export type ToWorker =
  | { type: "inspect"; files: readonly File[] }
  | ({ type: "start"; files: readonly File[] } & Order)
  | ({ type: "continue" } & Order)
  | { type: "pause" | "go-on" | "stop" };

export interface FileProblem extends Problem {
  /** Whether the import can go on without the record that it is about */
  canPassOver: boolean;
  /** Whether it can go on as it is, once what is missing is there */
  canTryAgain: boolean;
}

export type FromWorker =
  | { type: "inspected"; inspection: Inspection }
  | { type: "kept"; isKept: boolean }
  /** How much of the model has been fetched, up to 1 */
  | { type: "fetching"; share: number }
  | { type: "advance"; advance: Advance }
  | { type: "done"; position: Position; milliseconds: number }
  | { type: "stopped" }
  | { type: "failed"; problem: FileProblem };
