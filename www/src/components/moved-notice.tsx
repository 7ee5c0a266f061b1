import { CircleCheck } from "lucide-react";
import type { MoveGoal } from "../store/console-store";
import { useSnapshot } from "../store/use-store";
import { ProblemNotice } from "./problem-notice";

const DONE: Readonly<Record<MoveGoal, string>> = {
  encrypt: "Everything is encrypted now. The readable copy was deleted.",
  change: "The passphrase was changed. The old one opens nothing any more.",
  decrypt: "The encryption was removed.",
  reset: "Everything was deleted.",
};

/** How the last move ended, for whoever looks at the page afterwards. */
export function MovedNotice() {
  const { moved } = useSnapshot();
  if (moved?.problem) return <ProblemNotice problem={moved.problem} />;
  return (
    <div role="status" className="moved-slot">
      {moved && (
        <p className="moved">
          {moved.problem === undefined && <CircleCheck aria-hidden size={18} />}
          {moved.problem === null ? "Cancelled. Nothing was changed." : DONE[moved.goal]}
        </p>
      )}
    </div>
  );
}
