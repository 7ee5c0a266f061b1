import type { Collection } from "chromatid";
import { Inbox } from "lucide-react";
import type { ReactNode } from "react";
import { WORDNET } from "../data/wordnet";
import { hrefOf, navigate, type Route } from "../lib/hash-route";
import { useTitle } from "../lib/hooks";
import { useCollections } from "../store/use-collections";
import { CollectionSelect } from "./collection-select";
import { EmptyState } from "./empty-state";
import { ErrorNotice } from "./problem-notice";
import { Spinner } from "./spinner";

interface CollectionPageProps {
  title: string;
  view: Parameters<typeof hrefOf>[0];
  route: Route;
  /** What is shown of the collection */
  children: (collection: Collection) => ReactNode;
}

/** A page about one collection, which the address names and a list changes. */
export function CollectionPage({ title, view, route, children }: CollectionPageProps) {
  useTitle(title);
  const collections = useCollections();
  if (collections.status === "failed") return <ErrorNotice error={collections.error} />;
  if (!collections.value) return <Spinner label="Reading the collections" />;
  const wanted = route.argument ?? WORDNET;
  const collection = collections.value.find(({ name }) => name === wanted) ?? (route.argument ? undefined : collections.value[0]);
  return (
    <div className="page">
      <div className="page-head">
        <h1>{title}</h1>
        <CollectionSelect
          names={collections.value.map(({ name }) => name)}
          value={collection?.name}
          onChange={(name) => navigate(hrefOf(view, name))}
        />
      </div>
      {collection ? (
        children(collection)
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
