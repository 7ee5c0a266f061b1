import type { Collection } from "chromatid";
import { useCallback, useState } from "react";
import { Button } from "react-aria-components";
import { ErrorNotice } from "../../components/problem-notice";
import { ScrollRegion } from "../../components/scroll-region";
import { plural } from "../../lib/format";
import { useLoad, type Loaded } from "../../lib/hooks";

/** Records that are listed at once. */
const STEP = 50;

interface RecordListProps {
  collection: Collection;
  label: string;
  ids: readonly string[];
  onOpen: (id: string) => void;
}

/** Points as a list, for those who do not see the map, and to read. */
export function RecordList({ collection, label, ids, onOpen }: RecordListProps) {
  const [steps, setSteps] = useState(1);
  const shown = ids.slice(0, steps * STEP);
  const { value: texts, ...loaded } = useTexts(collection, shown);
  if (loaded.status === "failed") return <ErrorNotice error={loaded.error} />;
  return (
    <ScrollRegion label={label} className="map-list">
      <ol>
        {shown.map((id) => (
          <li key={id}>
            <Button className="link-button mono" aria-label={`Open ${id}`} onPress={() => onOpen(id)}>
              {id}
            </Button>
            <span>{texts?.get(id)}</span>
          </li>
        ))}
      </ol>
      {shown.length < ids.length && (
        <Button className="link-button" onPress={() => setSteps((before) => before + 1)}>
          {`Show more of ${plural(ids.length, "record")}`}
        </Button>
      )}
    </ScrollRegion>
  );
}

/** Documents by id. They are read again when the ids are others, not when the list is another one with the same. */
function useTexts(collection: Collection, ids: readonly string[]): Loaded<ReadonlyMap<string, string | undefined>> {
  const wanted = JSON.stringify(ids);
  const load = useCallback(async () => {
    const page = await collection.get({ ids: JSON.parse(wanted) as string[], include: ["documents"] });
    return new Map(page.ids.map((id, i) => [id, page.documents[i] ?? undefined]));
  }, [collection, wanted]);
  return useLoad(load);
}
