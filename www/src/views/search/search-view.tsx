import { BookOpen } from "lucide-react";
import { Button } from "react-aria-components";
import { CollectionPage } from "../../components/collection-page";
import { EmptyState } from "../../components/empty-state";
import { ProblemNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { WORDNET } from "../../data/wordnet";
import { useTitle } from "../../lib/hooks";
import type { Route } from "../../lib/hash-route";
import { useConsoleStore, useSnapshot } from "../../store/use-store";
import { ImportPanel } from "./import-panel";
import { SearchPage } from "./search-page";

/** The search, once the glosses are stored; until then what is happening to them. */
export function SearchView({ route }: { route: Route }) {
  return route.argument === undefined || route.argument === WORDNET ? <GlossSearch route={route} /> : <OtherSearch route={route} />;
}

/** The search of a collection that the user has made. */
function OtherSearch({ route }: { route: Route }) {
  return (
    <CollectionPage title="Search" view="search" route={route}>
      {(collection) => <SearchPage key={collection.id} collection={collection} route={route} />}
    </CollectionPage>
  );
}

function GlossSearch({ route }: { route: Route }) {
  useTitle("Search");
  const store = useConsoleStore();
  const { wordnet } = useSnapshot();
  switch (wordnet.status) {
    case "unknown":
      return <Spinner label="Looking for the glosses" />;
    case "importing":
      return <ImportPanel progress={wordnet.progress} />;
    case "ready":
      return <SearchPage collection={wordnet.collection} route={route} />;
    case "failed":
      return (
        <div className="page narrow">
          <ProblemNotice problem={wordnet.problem}>
            <Button className="button primary" onPress={() => void store.prepareWordnet()}>
              Try again
            </Button>
          </ProblemNotice>
        </div>
      );
    case "absent":
      return (
        <EmptyState Icon={BookOpen} title="The glosses were deleted">
          <p>The search needs the collection “wordnet”. It ships with the page and takes a moment to store.</p>
          <Button className="button primary" onPress={() => void store.prepareWordnet()}>
            Store the glosses again
          </Button>
        </EmptyState>
      );
  }
}
