import { useEffect, useRef, type ComponentType } from "react";
import { Header } from "./components/header";
import { MovingScreen, WaitingScreen } from "./components/moving-screen";
import { OfflineBanner } from "./components/offline-banner";
import { StoreFailure } from "./components/store-failure";
import { Spinner } from "./components/spinner";
import { UnlockScreen } from "./components/unlock-screen";
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
import { SettingsView } from "./views/settings/settings-view";
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

/** Links, files, the glosses and what is set are matters of a store in this browser. */
const OWN: Views = {
  search: SearchView,
  import: ImportView,
  sync: SyncView,
  storage: StorageView,
  benchmarks: BenchmarksView,
  settings: SettingsView,
};

const VIEWS: Views = browsed ? SHARED : { ...SHARED, ...OWN };

const FIRST = browsed ? "collections" : "search";

/** The page: header, and the view that the address names. */
export function App() {
  const route = parseHash(useHash());
  const { connection } = useSnapshot();
  const current = VIEWS[route.view] ? route.view : FIRST;
  const View = VIEWS[current] ?? CollectionsView;
  const { status } = connection;
  // Nothing of a store can be reached that is locked, or on its way into another.
  const isShut = status === "locked" || status === "moving" || status === "waiting";
  const hasFiles = !browsed && !isShut;
  useFocusAfter(isShut);
  return (
    <>
      <a className="skip-link" href="#main" onClick={skipToMain}>
        Skip to content
      </a>
      <Header current={current} isShut={isShut} />
      {!browsed && <OfflineBanner />}
      {hasFiles && <ImportBanner />}
      {hasFiles && <FileDrop />}
      <main id="main" tabIndex={-1}>
        {status === "opening" && <Spinner label={browsed ? `Opening ${browsed.place}` : "Opening the database"} />}
        {status === "waiting" && <WaitingScreen />}
        {status === "locked" && <UnlockScreen isRefused={connection.isRefused} />}
        {status === "moving" && <MovingScreen move={connection} />}
        {status === "failed" && <StoreFailure problem={connection.problem} />}
        {status === "open" && <View route={route} />}
      </main>
    </>
  );
}

/** What had the focus is gone when everything else is shown: it goes to where that is. */
function useFocusAfter(isShut: boolean): void {
  const wasShut = useRef(isShut);
  useEffect(() => {
    const isChanged = wasShut.current !== isShut;
    wasShut.current = isShut;
    if (isChanged && document.activeElement === document.body) document.getElementById("main")?.focus();
  }, [isShut]);
}

/** The address holds the view, so the link moves the focus itself. */
function skipToMain(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
