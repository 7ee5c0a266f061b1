import { Plus, RefreshCw } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components";
import { EmptyState } from "../../components/empty-state";
import { ErrorNotice } from "../../components/problem-notice";
import { Spinner } from "../../components/spinner";
import { useNow, useTitle } from "../../lib/hooks";
import type { LinkEntry } from "../../store/links";
import { useCollections } from "../../store/use-collections";
import { useLinks } from "../../store/use-links";
import { LinkCard } from "./link-card";
import { LinkDialog } from "./link-dialog";

/** How often relative times are told anew, in milliseconds. */
const NOW_MS = 5000;

/** Collections that are kept the same as ones of Chroma servers. */
export function SyncView() {
  useTitle("Sync");
  const { entries, error } = useLinks();
  const collections = useCollections();
  const now = useNow(NOW_MS);
  const [subject, setSubject] = useState<LinkEntry | "new">();
  const linked = new Set(entries?.map(({ name }) => name));
  const names = (collections.value ?? []).map(({ name }) => name).filter((name) => !linked.has(name));
  return (
    <div className="page">
      <div className="page-head">
        <h1>Sync</h1>
        <Button className="button primary" onPress={() => setSubject("new")} isDisabled={!collections.value}>
          <Plus aria-hidden size={16} />
          Add link
        </Button>
      </div>
      {error !== undefined && <ErrorNotice error={error} />}
      {!entries && error === undefined && <Spinner label="Reading the links" />}
      {entries?.length === 0 && (
        <EmptyState Icon={RefreshCw} title="No links yet">
          <p>A link keeps a collection of this browser the same as one of a Chroma server: edits go both ways, and wait while there is no network.</p>
        </EmptyState>
      )}
      <ul className="link-list">
        {entries?.map((entry) => (
          <li key={entry.name}>
            <LinkCard entry={entry} now={now} onChange={() => setSubject(entry)} />
          </li>
        ))}
      </ul>
      <LinkDialog subject={subject} names={names} onClose={() => setSubject(undefined)} />
    </div>
  );
}
