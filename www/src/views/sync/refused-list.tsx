import { plural } from "../../lib/format";

/** Records that are shown: a remote that refuses one often refuses all. */
const SHOWN = 50;

/** Records that the remote did not take, with what it said. */
export function RefusedList({ refused }: { refused: readonly { id: string; message: string }[] }) {
  return (
    <details className="link-details">
      <summary>{plural(refused.length, "record")} refused by the remote</summary>
      <ul className="refused">
        {refused.slice(0, SHOWN).map(({ id, message }) => (
          <li key={id}>
            <span className="mono">{id}</span>
            <span>{message}</span>
          </li>
        ))}
      </ul>
      <p className="dim">
        {refused.length > SHOWN && `These are the first ${String(SHOWN)}. `}
        They are sent again once they are changed here.
      </p>
    </details>
  );
}
