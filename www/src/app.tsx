import type { ComponentType } from "react";
import { Header } from "./components/header";
import { OfflineBanner } from "./components/offline-banner";
import { StoreFailure } from "./components/store-failure";
import { Spinner } from "./components/spinner";
import { parseHash, useHash, type Route } from "./lib/hash-route";
import { browsed } from "./store/browsed";
import { useSnapshot } from "./store/use-store";
import { BenchmarksView } from "./views/benchmarks/benchmarks-view";
import { CollectionsView } from "./views/collections/collections-view";
import { FileDrop } from "./views/import/file-drop";
import { ImportBanner } from "./views/import/import-banner";
import { ImportView } from "./views/import/import-view";
import { MapView } from "./views/map/map-view";
import { QueryView } from "./views/query/query-view";
import { RecordsView } from "./views/records/records-view";
import { SearchView } from "./views/search/search-view";
import { StorageView } from "./views/storage/storage-view";
import { SyncView } from "./views/sync/sync-view";

type Views = Readonly<Record<string, ComponentType<{ route: Route }>>>;

/** Of whatever place is shown. */
const SHARED: Views = {
  collections: CollectionsView,
  records: RecordsView,
  query: QueryView,
  map: MapView,
};

/** Links, backups and the glosses are matters of a store in this browser. */
const OWN: Views = {
  search: SearchView,
  import: ImportView,
  sync: SyncView,
  storage: StorageView,
  benchmarks: BenchmarksView,
};

const VIEWS: Views = browsed ? SHARED : { ...SHARED, ...OWN };

const FIRST = browsed ? "collections" : "search";

/** The page: header, and the view that the address names. */
export function App() {
  const route = parseHash(useHash());
  const { connection } = useSnapshot();
  const current = VIEWS[route.view] ? route.view : FIRST;
  const View = VIEWS[current] ?? CollectionsView;
  return (
    <>
      <a className="skip-link" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <Header current={current} />
      {!browsed && <OfflineBanner />}
      {!browsed && <ImportBanner />}
      {!browsed && <FileDrop />}
      <main id="main" tabIndex={-1}>
        {connection.status === "opening" && <Spinner label={browsed ? `Opening ${browsed.place}` : "Opening the database"} />}
        {connection.status === "failed" && <StoreFailure problem={connection.problem} />}
        {connection.status === "open" && <View route={route} />}
      </main>
    </>
  );
}

/** The address holds the view, so the link moves the focus itself. */
function skipToMain(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
