import { CollectionPage } from "../../components/collection-page";
import type { Route } from "../../lib/hash-route";
import { RecordsTable } from "./records-table";

/** The records of one collection, page by page. The address names the collection and the page. */
export function RecordsView({ route }: { route: Route }) {
  const page = Math.max(1, Math.trunc(Number(route.params.get("page"))) || 1);
  return (
    <CollectionPage title="Records" view="records" route={route}>
      {(collection) => <RecordsTable key={collection.id} collection={collection} page={page} />}
    </CollectionPage>
  );
}
