import type { LinkStatus } from "chromatid";
import { Label, ProgressBar } from "react-aria-components";
import { formatCount } from "../../lib/format";
import { PHASES } from "./words";

/** What a round under way does, and how far it is. It shows up late, so that short rounds do not flicker. */
export function LinkProgress({ progress: { phase, done, total } }: { progress: LinkStatus["progress"] }) {
  const isCounted = total > 0;
  return (
    <ProgressBar className="progress link-progress" value={Math.min(done, total)} maxValue={Math.max(total, 1)} isIndeterminate={!isCounted}>
      {({ percentage = 0 }) => (
        <>
          <div className="progress-track">
            <div className="progress-fill" data-counted={isCounted} style={{ transform: `scaleX(${String(isCounted ? percentage / 100 : 1)})` }} />
          </div>
          <div className="progress-text">
            <Label>{PHASES[phase]}</Label>
            <span>{isCounted ? `${formatCount(done)} of ${formatCount(total)}` : done > 0 && formatCount(done)}</span>
          </div>
        </>
      )}
    </ProgressBar>
  );
}
