import { useState } from "react";
import { Button } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import { formatCount } from "../../lib/format";
import type { LinkEntry } from "../../store/links";
import { useLinkStore } from "../../store/use-links";

/** What can be done with a link. */
export function LinkActions({ entry: { name, link, status, isPaused }, onChange }: { entry: LinkEntry; onChange: () => void }) {
  const links = useLinkStore();
  const [task, setTask] = useState<"sync" | "full" | "pause">();
  const [note, setNote] = useState("");
  const run = async (wanted: "sync" | "full" | "pause", work: () => Promise<string>) => {
    setTask(wanted);
    setNote("");
    try {
      setNote(await work());
    } finally {
      setTask(undefined);
    }
  };
  const sync = (full: boolean) =>
    run(full ? "full" : "sync", async () => ((await links.sync(name, full)) ? (full ? "Everything was compared" : "Synchronised") : "That did not succeed"));
  const togglePause = () => run("pause", () => (isPaused ? links.resume(name).then(() => "Resumed") : links.pause(name).then(() => "Paused")));
  const buttonOf = (wanted: typeof task) => ({ className: "button", isPending: task === wanted, isDisabled: task !== undefined && task !== wanted });
  const pending = status?.pending ?? 0;
  return (
    <div className="button-row link-actions">
      {link && !isPaused && (
        <>
          <Button {...buttonOf("sync")} onPress={() => void sync(false)}>
            Sync now
          </Button>
          <Button {...buttonOf("full")} onPress={() => void sync(true)}>
            Compare everything
          </Button>
        </>
      )}
      {(link || isPaused) && (
        <Button {...buttonOf("pause")} onPress={() => void togglePause()}>
          {isPaused ? "Resume" : "Pause"}
        </Button>
      )}
      <Button className="button" onPress={onChange}>
        Change
      </Button>
      <ConfirmButton
        label="Unlink"
        title={`Unlink “${name}”?`}
        text={`The collection is not synchronised any more. Its records stay, here and there.${pending > 0 ? ` ${formatCount(pending)} edits that were not sent stay here only.` : ""}`}
        confirm="Unlink"
        onConfirm={() => links.unlink(name)}
      />
      <span role="status" className="dim">
        {note}
      </span>
    </div>
  );
}
