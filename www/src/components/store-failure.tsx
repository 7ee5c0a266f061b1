import { Button } from "react-aria-components";
import type { Problem } from "../store/problems";
import { useConsoleStore } from "../store/use-store";
import { ConfirmButton } from "./confirm-button";
import { ProblemNotice } from "./problem-notice";

/** The database could not be opened. */
export function StoreFailure({ problem }: { problem: Problem }) {
  const store = useConsoleStore();
  return (
    <div className="page narrow">
      <ProblemNotice problem={problem}>
        <Button className="button primary" onPress={() => void store.start()}>
          Try again
        </Button>
        {problem.kind === "corrupt" && (
          <ConfirmButton
            label="Delete all data"
            title="Delete all data of this page?"
            text="All collections in this browser are deleted for good. The glosses are stored anew; nothing else can be brought back."
            confirm="Delete all data"
            onConfirm={() => store.reset()}
          />
        )}
      </ProblemNotice>
    </div>
  );
}
