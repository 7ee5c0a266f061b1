/** What verifications and repairs tell. */

import type { DamageJson, RepairJson, VerificationJson } from "./engine/engine.js";

/** Something that is damaged. */
export interface Damage {
  /** Where, for instance `block 5f0c…`. */
  place: string;
  /** Which check failed. */
  reason: string;
  /**
   * What that costs. `records`: some are lost, or all if a root is damaged; `index`: nothing, as a repair makes it anew; `version`: an earlier
   * version; `catalogue`, `log`: nothing as long as the store is open, and it may not open again.
   */
  part: "records" | "index" | "version" | "catalogue" | "log";
  /** Name and id of the collection that it belongs to. */
  collection: string | null;
  collectionId: string | null;
}

/** What a verification has found. */
export interface Verification {
  /** Whether nothing is damaged. */
  ok: boolean;
  /** Blocks that are part of something. */
  blocks: number;
  /** Bytes that were read and found whole. */
  bytes: number;
  /** Records that were compared in all places that speak of them. */
  records: number;
  problems: Damage[];
}

/** A collection that was repaired. */
export interface RepairedCollection {
  id: string;
  name: string;
  /** Whether its records and indexes were written anew. */
  rebuilt: boolean;
  /** Records that could not be read, and are gone. */
  lostRecords: number;
  /** The ids of some of them. */
  lostIds: string[];
  /** Earlier versions that were damaged, and are forgotten. */
  lostVersions: number;
}

/** What a repair has done. */
export interface Repair {
  repaired: RepairedCollection[];
  /** What it could do nothing about. */
  left: Damage[];
}

/** A verification as the client tells it. */
export function toVerification({ problems, ...counts }: VerificationJson): Verification {
  return { ...counts, problems: problems.map(toDamage) };
}

/** A repair as the client tells it. */
export function toRepair({ repaired, left }: RepairJson): Repair {
  return {
    repaired: repaired.map(({ id, name, rebuilt, lost_records, lost_ids, lost_versions }) => ({
      id,
      name,
      rebuilt,
      lostRecords: lost_records,
      lostIds: lost_ids,
      lostVersions: lost_versions,
    })),
    left: left.map(toDamage),
  };
}

function toDamage({ place, reason, part, collection, collection_id }: DamageJson): Damage {
  return { place, reason, part, collection: collection ?? null, collectionId: collection_id ?? null };
}
