import type { StoreKey } from "../store/open-store";
import type { Problem } from "../store/problems";
import type { Inspection } from "./fields";
import type { Job, Position } from "./job";
import type { Advance } from "./run-job";

export type ToWorker =
  | { type: "inspect"; files: readonly File[] }
  | { type: "start"; files: readonly File[]; job: Job; key: StoreKey }
  | { type: "continue"; job: Job; key: StoreKey }
  | { type: "pause" | "go-on" | "stop" };

export interface FileProblem extends Problem {
  /** Whether the import can go on without the record that it is about */
  canPassOver: boolean;
}

export type FromWorker =
  | { type: "inspected"; inspection: Inspection }
  | { type: "kept"; isKept: boolean }
  | { type: "advance"; advance: Advance }
  | { type: "done"; position: Position; milliseconds: number }
  | { type: "stopped" }
  | { type: "failed"; problem: FileProblem };
