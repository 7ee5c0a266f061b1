import { Button } from "react-aria-components";
import type { Problem } from "../store/problems";
import { useConsoleStore } from "../store/use-store";
import { MovedNotice } from "./moved-notice";
import { ProblemNotice } from "./problem-notice";
import { ResetButton } from "./reset-button";

/** The database could not be opened. */
export function StoreFailure({ problem }: { problem: Problem }) {
  const store = useConsoleStore();
  return (
    <div className="page narrow">
      <MovedNotice />
      <ProblemNotice problem={problem}>
        <Button className="button primary" onPress={() => void store.start()}>
          Try again
        </Button>
        {problem.kind === "corrupt" && <ResetButton label="Delete everything and start anew" />}
      </ProblemNotice>
    </div>
  );
}
