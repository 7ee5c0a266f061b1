import { Button } from "react-aria-components";
import { formatCount } from "../../lib/format";
import { nameOf, type Job } from "../../imports/job";
import { useConsoleStore } from "../../store/use-store";

/** An import that an earlier visit began. */
export function InterruptedPanel({ job }: { job: Job }) {
  const { imports } = useConsoleStore();
  return (
    <section className="panel import-done" aria-labelledby="interrupted-title">
      <h2 id="interrupted-title">
        Import of {nameOf(job)} is paused at {formatCount(job.position.records)}
      </h2>
      <p>It goes on where it stopped, into “{job.options.collection}”. What is stored already is not stored twice.</p>
      <div className="button-row">
        <Button className="button primary" onPress={() => imports.continue()}>
          Continue
        </Button>
        <Button className="button" onPress={() => void imports.discard()}>
          Discard
        </Button>
      </div>
    </section>
  );
}
