import type { Collection } from "chromatid";
import { X } from "lucide-react";
import { useCallback } from "react";
import { Button } from "react-aria-components";
import { readGloss } from "../../data/wordnet";
import { useLoad } from "../../lib/hooks";

/** Says which record the results resemble, and leads back. */
export function LikeBanner({ collection, id, onClear }: { collection: Collection; id: string; onClear: () => void }) {
  const load = useCallback(async () => (await collection.get({ ids: [id] })).rows()[0], [collection, id]);
  const { value: record } = useLoad(load);
  const gloss = record?.id === id ? readGloss(id, record.document ?? null, record.metadata ?? null) : undefined;
  return (
    <p className="like-banner">
      <span>
        Like <strong>{gloss?.title ?? id}</strong>
        {gloss && <span className="like-definition"> {gloss.definition}</span>}
      </span>
      <Button className="icon-button" aria-label="Back to the search" onPress={onClear}>
        <X aria-hidden size={17} />
      </Button>
    </p>
  );
}
