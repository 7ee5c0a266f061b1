import { useCallback, useState } from "react";
import { ErrorNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { useLoad, useTitle } from "../../lib/hooks";
import { useOpenStore, useSnapshot } from "../../store/use-store";
import { HealthPanel } from "./health-panel";
import { InfoPanels } from "./info-panels";
import { StorageActions } from "./storage-actions";
import { TimingsPanel } from "./timings-panel";

/** What the database says about itself, how fast it answered, and what can be done with it as a whole. */
export function StorageView() {
  useTitle("Storage");
  const store = useOpenStore();
  const { revision } = useSnapshot();
  const [refreshes, setRefreshes] = useState(0);
  // Neither number is read: both say when to ask again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const load = useCallback(() => store.info(), [store, revision, refreshes]);
  const info = useLoad(load);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Storage</h1>
        <StorageActions onDone={() => setRefreshes((before) => before + 1)} />
      </div>
      {info.status === "failed" && <ErrorNotice error={info.error} />}
      {info.value ? <InfoPanels info={info.value} /> : info.status === "loading" && <Spinner label="Asking the database" />}
      <HealthPanel onDone={() => setRefreshes((before) => before + 1)} />
      <TimingsPanel />
    </div>
  );
}
