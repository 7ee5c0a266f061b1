import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { explain, type Problem } from "../store/problems";
import { ModelAccess } from "./model-access";

/** What went wrong and what to do, with buttons as children. */
export function ProblemNotice({ problem, children }: { problem: Problem; children?: ReactNode }) {
  return (
    <div className="problem" data-kind={problem.kind} role="alert">
      <CircleAlert aria-hidden size={20} />
      <div>
        <h2>{problem.title}</h2>
        <p className="problem-detail">{problem.detail}</p>
        <p>{problem.advice}</p>
        {problem.access && <ModelAccess key={`${problem.access.server} ${problem.detail}`} access={problem.access} />}
        {children && <div className="button-row">{children}</div>}
      </div>
    </div>
  );
}

/** The same for an error as it was thrown. */
export function ErrorNotice({ error, children }: { error: unknown; children?: ReactNode }) {
  return <ProblemNotice problem={explain(error)}>{children}</ProblemNotice>;
}
