import { FileUp } from "lucide-react";
import { Button } from "react-aria-components";
import { formatCount, formatPercent } from "../../lib/format";
import { hrefOf } from "../../lib/hash-route";
import { nameOf } from "../../imports/job";
import { useConsoleStore } from "../../store/use-store";
import { useImports } from "./use-imports";

/** Tells in every view of an import that is under way, or was left behind. */
export function ImportBanner() {
  const { imports } = useConsoleStore();
  const state = useImports();
  if (state.status === "interrupted") {
    return (
      <section className="banner import-banner" aria-label="Import">
        <FileUp aria-hidden size={16} />
        Import of {nameOf(state.job)} is paused at {formatCount(state.job.position.records)}
        <Button className="link-button" onPress={() => imports.continue()}>
          Continue
        </Button>
        <Button className="link-button" onPress={() => void imports.discard()}>
          Discard
        </Button>
      </section>
    );
  }
  if (state.status !== "running" && state.status !== "paused") return null;
  return (
    <section className="banner import-banner" aria-label="Import">
      <FileUp aria-hidden size={16} />
      {nameOf(state.job)}: {state.status === "paused" ? "paused at " : ""}
      {formatPercent(state.advance.share)}
      <a className="link-button" href={hrefOf("import")}>
        See the import
      </a>
    </section>
  );
}
