import { Boxes, FileUp, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { plural } from "../../lib/format";
import { hrefOf } from "../../lib/hash-route";
import { useTitle } from "../../lib/hooks";
import { browsed } from "../../store/browsed";
import { COLLECTIONS_SHOWN, useCollections } from "../../store/use-collections";
import { CollectionCard } from "./collection-card";
import { CreateDialog } from "./create-dialog";

/** The collections: what is in them, how they are set up; create and delete. */
export function CollectionsView() {
  useTitle("Collections");
  const collections = useCollections();
  const [isCreating, setCreating] = useState(false);
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Collections</h1>
          <p className="dim" role="status">
            {collections.value &&
              (collections.value.length === COLLECTIONS_SHOWN
                ? `The first ${COLLECTIONS_SHOWN}`
                : plural(collections.value.length, "collection"))}
          </p>
        </div>
        <div className="button-row">
          {!browsed && (
            <a className="button" href={hrefOf("import")}>
              <FileUp aria-hidden size={16} />
              Import files
            </a>
          )}
          <Button className="button primary" onPress={() => setCreating(true)}>
            <Plus aria-hidden size={16} />
            New collection
          </Button>
        </div>
      </div>
      {collections.status === "failed" && <ErrorNotice error={collections.error} />}
      {collections.status === "loading" && !collections.value && <Spinner label="Reading the collections" />}
      {collections.value?.length === 0 && (
        <EmptyState Icon={Boxes} title="No collections yet">
          <p>A collection holds records: texts, their embeddings and properties.</p>
        </EmptyState>
      )}
      <ul className="collection-grid">
        {collections.value?.map((collection) => (
          <li key={collection.id}>
            <CollectionCard collection={collection} />
          </li>
        ))}
      </ul>
      <CreateDialog isOpen={isCreating} onClose={() => setCreating(false)} />
    </div>
  );
}
