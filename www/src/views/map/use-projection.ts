import type { Collection } from "chromatid";
import { useCount } from "chromatid/react";
import { useCallback, useEffect, useState } from "react";
import { findPicture, keepPicture } from "../../map/cache";
import { project, stampOf, type Progress, type Projection } from "../../map/projection";
import { browsed } from "../../store/browsed";
import { useSnapshot } from "../../store/use-store";

export interface ProjectionState {
  projection: Projection | undefined;
  progress: Progress | undefined;
  error: unknown;
  /** Whether the collection has changed since it was read */
  isOld: boolean;
  update: () => void;
  /** Looks whether it has changed: after something that nothing tells of */
  check: () => void;
}

interface State {
  asked: unknown;
  projection?: Projection;
  progress?: Progress | undefined;
  error?: unknown;
}

/** The picture of a collection: the one that was kept, else a new one that gets better while it is computed. */
export function useProjection(collection: Collection, wanted: number): ProjectionState {
  const { revision, connection } = useSnapshot();
  // A place that is elsewhere is no matter of this browser, and what an encrypted store has is to be read nowhere else.
  const onDevice = !browsed && !(connection.status === "open" && connection.isEncrypted);
  const [updates, setUpdates] = useState(0);
  const [state, setState] = useState<State>({ asked: undefined });
  const [stamp, setStamp] = useState<string>();
  const { data: count } = useCount(collection);

  const check = useCallback(() => {
    stampOf(collection).then(setStamp, () => undefined);
  }, [collection]);
  useEffect(check, [check, count, revision]);
  useEffect(() => {
    document.addEventListener("visibilitychange", check);
    return () => document.removeEventListener("visibilitychange", check);
  }, [check]);

  useEffect(() => {
    const ending = new AbortController();
    const asked = {};
    const show = (part: Omit<State, "asked">) => !ending.signal.aborted && setState({ asked, ...part });
    const work = async () => {
      const kept = updates === 0 ? await findPicture(collection.id, wanted, onDevice) : undefined;
      if (kept) {
        show({ projection: kept });
        return;
      }
      const made = await project(collection, wanted, ending.signal, (projection, progress) => show({ projection, progress }));
      show({ projection: made });
      await keepPicture(collection.id, wanted, onDevice, made);
      check();
    };
    work().catch((error: unknown) => show({ error }));
    return () => ending.abort();
  }, [collection, wanted, onDevice, updates, check]);

  const { projection, progress, error } = state;
  const isOld = projection !== undefined && progress === undefined && stamp !== undefined && stamp !== projection.stamp;
  return { projection, progress, error, isOld, update: () => setUpdates((before) => before + 1), check };
}
