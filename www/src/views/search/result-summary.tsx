import { useDebounced } from "../../lib/hooks";
import { formatMilliseconds, plural } from "../../lib/format";
import { RESULT_LIMIT } from "../../search/hit";
import type { Outcome } from "../../search/search";

/** Rest before the count is read aloud, so that typing is not talked over, in milliseconds. */
const ANNOUNCEMENT_PAUSE = 600;

/** How many results, how fast. Seen at once, announced when the typing rests. */
export function ResultSummary({ outcome: { hits, milliseconds, search }, note }: { outcome: Outcome; note: string | undefined }) {
  const count = `${hits.length === RESULT_LIMIT ? "Best " : ""}${plural(hits.length, "result")}`;
  const announced = useDebounced(`${count}${search.like === undefined ? ` for ${search.text}` : ""}`, ANNOUNCEMENT_PAUSE);
  return (
    <>
      <p className="summary">
        <span data-testid="result-count">{count}</span>
        <span className="dim" title="From the call to the answer, the embedding of the text included">
          in {formatMilliseconds(milliseconds)}
        </span>
        {note && <span className="dim">{note}</span>}
      </p>
      <p className="visually-hidden" role="status">
        {announced}
      </p>
    </>
  );
}
