/** Records that were chosen elsewhere and now limit what is asked, by the collection that they are of. */

const chosen = new Map<string, readonly string[]>();

/** Hands records over to the query view; an empty list takes them back. */
export function chooseRecords(collectionId: string, ids: readonly string[]): void {
  if (ids.length === 0) chosen.delete(collectionId);
  else chosen.set(collectionId, ids);
}

export const chosenRecords = (collectionId: string): readonly string[] => chosen.get(collectionId) ?? [];
