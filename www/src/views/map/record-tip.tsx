import type { Collection } from "chromatid";
import { useCallback } from "react";
import { Properties } from "../../components/properties";
import { useDebounced, useLoad } from "../../lib/hooks";

interface RecordTipProps {
  collection: Collection;
  id: string;
  position: [x: number, y: number] | undefined;
  isSelected: boolean;
}

/** Rest on a point before its record is read, in milliseconds. */
const PAUSE = 80;

/** What is under the pointer, or where the keys are; told to screen readers too. */
export function RecordTip({ collection, id, position, isSelected }: RecordTipProps) {
  const wanted = useDebounced(id, PAUSE);
  const load = useCallback(async () => (await collection.get({ ids: [wanted], include: ["documents", "metadatas"] })).rows()[0], [collection, wanted]);
  const { value } = useLoad(load);
  const record = value?.id === id ? value : undefined;
  const [x, y] = position ?? [0, 0];
  return (
    <div className="map-tip" role="status" style={{ left: `clamp(0px, ${String(x)}px - 130px, 100% - 260px)`, top: y + 16 }}>
      <strong className="mono">{id}</strong>
      {isSelected && <span className="visually-hidden"> selected</span>}
      {record?.document != null && <span className="map-tip-text">{record.document}</span>}
      {record?.metadata && (
        <span>
          <Properties metadata={record.metadata} shown={3} />
        </span>
      )}
    </div>
  );
}
