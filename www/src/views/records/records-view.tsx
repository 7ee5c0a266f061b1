import { Inbox } from "lucide-react";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { WORDNET } from "../../data/wordnet";
import { hrefOf, navigate, type Route } from "../../lib/hash-route";
import { useTitle } from "../../lib/hooks";
import { useCollections } from "../../store/use-collections";
import { CollectionSelect } from "../../components/collection-select";
import { RecordsTable } from "./records-table";

/** The records of one collection, page by page. The address names the collection and the page. */
export function RecordsView({ route }: { route: Route }) {
  useTitle("Records");
  const collections = useCollections();
  if (collections.status === "failed") return <ErrorNotice error={collections.error} />;
  if (!collections.value) return <Spinner label="Reading the collections" />;
  const wanted = route.argument ?? WORDNET;
  const collection = collections.value.find(({ name }) => name === wanted) ?? (route.argument ? undefined : collections.value[0]);
  const page = Math.max(1, Math.trunc(Number(route.params.get("page"))) || 1);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Records</h1>
        <CollectionSelect
          names={collections.value.map(({ name }) => name)}
          value={collection?.name}
          onChange={(name) => navigate(hrefOf("records", name))}
        />
      </div>
      {collection ? (
        <RecordsTable key={collection.id} collection={collection} page={page} />
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
