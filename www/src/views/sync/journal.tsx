import type { JournalEntry, Link } from "chromatid";
import { useCallback, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { Properties } from "../../components/properties";
import { ErrorNotice } from "../../components/problem-notice";
import { formatAgo, formatCount } from "../../lib/format";
import { useLoad } from "../../lib/hooks";

/** Entries that are shown at once. */
const PAGE = 20;

interface JournalProps {
  link: Link;
  /** Says when to read again */
  revision: number;
  now: number;
  /** Called when a version was restored */
  onRestored: () => void;
}

/** Versions that were decided against, each of which can become the present one again. */
export function Journal({ link, revision, now, onRestored }: JournalProps) {
  const [shown, setShown] = useState(PAGE);
  const [restores, setRestores] = useState(0);
  const [note, setNote] = useState("");
  const [error, setError] = useState<unknown>();
  const summary = useRef<HTMLElement>(null);
  // Neither number is read: both say when to read again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const load = useCallback(() => link.journal(), [link, revision, restores]);
  const journal = useLoad(load);
  const entries = journal.value ?? [];
  const restore = async ({ key, id }: JournalEntry) => {
    setError(undefined);
    try {
      await link.restore(key);
      setNote(`Restored ${id}`);
      // The button is gone with its entry.
      summary.current?.focus();
      onRestored();
    } catch (failure) {
      setError(failure);
    } finally {
      setRestores((before) => before + 1);
    }
  };
  return (
    <details className="link-details">
      <summary ref={summary}>Conflict journal: {journal.value ? (entries.length === 0 ? "empty" : formatCount(entries.length)) : "…"}</summary>
      {journal.status === "failed" && <ErrorNotice error={journal.error} />}
      {error !== undefined && <ErrorNotice error={error} />}
      {entries.length === 0 && <p className="dim">When two edits of a record meet, or the remote has lost one, the version that is not kept is listed here.</p>}
      <ul className="journal">
        {entries.slice(0, shown).map((entry) => (
          <li key={entry.key}>
            <LostVersion entry={entry} now={now} onRestore={() => void restore(entry)} />
          </li>
        ))}
      </ul>
      {entries.length > shown && (
        <Button className="button" onPress={() => setShown((before) => before + PAGE)}>
          Show {formatCount(Math.min(PAGE, entries.length - shown))} more
        </Button>
      )}
      <p role="status" className="dim">
        {note}
      </p>
    </details>
  );
}

function LostVersion({ entry: { id, side, at, record }, now, onRestore }: { entry: JournalEntry; now: number; onRestore: () => void }) {
  const when = formatAgo(at, now);
  return (
    <article className="lost" aria-label={`Version of ${id}, ${when}`}>
      <p className="lost-head">
        <span className="mono">{id}</span>
        <span className="dim">
          {side === "local" ? "The version of this browser" : "The version of the remote"} was not kept,{" "}
          <time dateTime={new Date(at).toISOString()}>{when}</time>
        </span>
      </p>
      {record ? (
        <>
          <p className="lost-document">{record.document ?? <span className="dim">No document</span>}</p>
          {record.metadata && (
            <p>
              <Properties metadata={record.metadata} shown={12} />
            </p>
          )}
        </>
      ) : (
        <p className="lost-document dim">The record was deleted in this version.</p>
      )}
      <Button className="button" aria-label={`Restore this version of ${id}`} onPress={onRestore}>
        {record ? "Restore this version" : "Delete it again"}
      </Button>
    </article>
  );
}
