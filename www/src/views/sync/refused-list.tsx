import { useMemo } from "react";
import { formatCount, plural } from "../../lib/format";

/** Reasons, and records of each, that are shown: a remote that refuses one often refuses all. */
const REASONS = 10;
const IDS = 30;

/** What the package puts before the words of a server. */
const ANSWERED = /^\S+ answered \d+: /u;

/** Records that the remote did not take, by what it said. */
export function RefusedList({ refused }: { refused: readonly { id: string; message: string }[] }) {
  const reasons = useMemo(() => byReason(refused), [refused]);
  return (
    <details className="link-details">
      <summary>{plural(refused.length, "record")} refused by the remote</summary>
      <ul className="refused">
        {reasons.slice(0, REASONS).map(([reason, ids]) => (
          <li key={reason}>
            <p>{reason}</p>
            <p className="mono">
              {ids.slice(0, IDS).join(", ")}
              {ids.length > IDS && ` and ${formatCount(ids.length - IDS)} more`}
            </p>
          </li>
        ))}
      </ul>
      <p className="dim">
        {reasons.length > REASONS && `There are ${formatCount(reasons.length - REASONS)} more reasons. `}
        They stay here as they are, and are sent again once they are changed.
      </p>
    </details>
  );
}

function byReason(refused: readonly { id: string; message: string }[]): [reason: string, ids: string[]][] {
  const reasons = new Map<string, string[]>();
  for (const { id, message } of refused) {
    const reason = message.replace(ANSWERED, "") || "The remote gave no reason.";
    const ids = reasons.get(reason);
    if (ids) ids.push(id);
    else reasons.set(reason, [id]);
  }
  return [...reasons].sort(([, a], [, b]) => b.length - a.length);
}
