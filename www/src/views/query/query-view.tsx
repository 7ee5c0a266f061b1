import { CollectionPage } from "../../components/collection-page";
import type { Route } from "../../lib/hash-route";
import { QueryPage } from "./query-page";

/** Puts a search together, shows what is sent, and what comes back. The address names the collection. */
export function QueryView({ route }: { route: Route }) {
  return (
    <CollectionPage title="Query" view="query" route={route}>
      {(collection) => <QueryPage key={collection.id} collection={collection} />}
    </CollectionPage>
  );
}
