import { Label, ProgressBar } from "react-aria-components";
import { formatCount } from "../../lib/format";
import type { ImportProgress } from "../../store/import-wordnet";

/** The first start: what happens, how far it is. */
export function ImportPanel({ progress: { done, total, perSecond } }: { progress: ImportProgress }) {
  return (
    <section className="import page narrow" aria-labelledby="import-title">
      <h1 id="import-title">A dictionary moves into your browser</h1>
      <p className="lead">
        {formatCount(total)} word senses are being embedded and stored on this device. Next time they are already here,
        with or without a network.
      </p>
      <ProgressBar className="progress" value={done} maxValue={total}>
        {({ percentage = 0 }) => (
          <>
            <div className="progress-track">
              <div className="progress-fill" style={{ transform: `scaleX(${percentage / 100})` }} />
            </div>
            <div className="progress-text">
              <Label>Storing glosses</Label>
              <span data-testid="import-progress">
                {formatCount(done)} of {formatCount(total)}
                {perSecond > 0 && ` · ${formatCount(perSecond)} records/s`}
              </span>
            </div>
          </>
        )}
      </ProgressBar>
      <ol className="steps">
        <li>A small language model turns each gloss into 256 numbers, here in this tab.</li>
        <li>The database stores text, properties and numbers where this browser keeps data for good.</li>
        <li>Their words are indexed with their weights (BM25), for searches by words.</li>
        <li>Then you search by meaning and by words, and nothing you type leaves this device.</li>
      </ol>
    </section>
  );
}
