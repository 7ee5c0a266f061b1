import { Button, Label, ProgressBar } from "react-aria-components";
import { formatCount } from "../lib/format";
import { useTitle } from "../lib/hooks";
import type { Connection, MoveGoal } from "../store/console-store";
import type { MoveProgress, MoveStep } from "../store/move";

const TITLES: Readonly<Record<MoveGoal, string>> = {
  encrypt: "Encrypting everything",
  change: "Changing the passphrase",
  decrypt: "Removing the encryption",
  reset: "Deleting everything",
};

const STEPS: Readonly<Record<MoveStep, string>> = {
  gathering: "Waiting for other tabs to let go",
  copying: "Copying records",
  checking: "Reading the whole copy, and comparing",
  ending: "Deleting the old copy",
};

/** Everything moves into another store: how far that is. Nothing else of the page can be used meanwhile. */
export function MovingScreen({ move: { goal, progress, cancel } }: { move: Extract<Connection, { status: "moving" }> }) {
  useTitle(TITLES[goal]);
  return (
    <div className="page narrow">
      <section className="panel moving" aria-labelledby="moving-title">
        <h1 id="moving-title">{TITLES[goal]}</h1>
        <MoveBar progress={progress} />
        {goal !== "reset" && (
          <p className="dim">
            Other tabs of this page wait, and nothing can be written until this is done. The data as they were stay untouched until the new copy is whole
            and checked: if this page is closed before, nothing has changed.
          </p>
        )}
        {cancel && (
          <div className="button-row end">
            <Button className="button" onPress={cancel}>
              Cancel
            </Button>
          </div>
        )}
      </section>
    </div>
  );
}

/** Another tab does that. */
export function WaitingScreen() {
  useTitle("Waiting");
  return (
    <div className="page narrow">
      <section className="panel moving" role="status" aria-labelledby="waiting-title">
        <h1 id="waiting-title">Waiting for another tab</h1>
        <p>It is encrypting or deleting the data of this page. This tab goes on by itself as soon as that is done; until then nothing can be written.</p>
      </section>
    </div>
  );
}

function MoveBar({ progress }: { progress: MoveProgress | undefined }) {
  const { step, done, total } = progress ?? { step: "gathering", done: 0, total: 0 };
  const isCounted = step === "copying" && total > 0;
  return (
    <ProgressBar className="progress" value={Math.min(done, total)} maxValue={Math.max(total, 1)} isIndeterminate={!isCounted}>
      {({ percentage = 0 }) => (
        <>
          <div className="progress-track">
            <div className="progress-fill" data-counted={isCounted} style={{ transform: `scaleX(${String(isCounted ? percentage / 100 : 1)})` }} />
          </div>
          <div className="progress-text">
            <Label>{STEPS[step]}</Label>
            <span>{isCounted && `${formatCount(done)} of ${formatCount(total)}`}</span>
          </div>
        </>
      )}
    </ProgressBar>
  );
}
