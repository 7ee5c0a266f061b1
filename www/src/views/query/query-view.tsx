import { Inbox } from "lucide-react";
import { CollectionSelect } from "../../components/collection-select";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { WORDNET } from "../../data/wordnet";
import { hrefOf, navigate, type Route } from "../../lib/hash-route";
import { useTitle } from "../../lib/hooks";
import { useCollections } from "../../store/use-collections";
import { QueryPage } from "./query-page";

/** Puts a search together, shows what is sent, and what comes back. The address names the collection. */
export function QueryView({ route }: { route: Route }) {
  useTitle("Query");
  const collections = useCollections();
  if (collections.status === "failed") return <ErrorNotice error={collections.error} />;
  if (!collections.value) return <Spinner label="Reading the collections" />;
  const wanted = route.argument ?? WORDNET;
  const collection = collections.value.find(({ name }) => name === wanted) ?? (route.argument ? undefined : collections.value[0]);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Query</h1>
        <CollectionSelect
          names={collections.value.map(({ name }) => name)}
          value={collection?.name}
          onChange={(name) => navigate(hrefOf("query", name))}
        />
      </div>
      {collection ? (
        <QueryPage key={collection.id} collection={collection} />
      ) : (
        <EmptyState Icon={Inbox} title={route.argument ? `There is no collection “${route.argument}”` : "No collections yet"}>
          <p>
            <a href={hrefOf("collections")}>See the collections</a>
          </p>
        </EmptyState>
      )}
    </div>
  );
}
