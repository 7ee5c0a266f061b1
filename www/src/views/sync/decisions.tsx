import type { LinkDecision } from "chromatid";
import { useState } from "react";
import { Button } from "react-aria-components";
import { ConfirmButton } from "../../components/confirm-button";
import type { LinkEntry, Trouble } from "../../store/links";
import { useLinkStore } from "../../store/use-links";

interface Choice {
  decision: LinkDecision;
  label: string;
  text: string;
  /** Whether records here are deleted by it. */
  isHarsh?: boolean;
}

const RELINK: readonly Choice[] = [
  { decision: "merge", label: "Keep both", text: "Records of both sides stay; where both have one, the remote's is kept." },
  { decision: "pushLocal", label: "Write what is here", text: "What is here is written to the remote, over what it has under the same ids." },
  {
    decision: "adoptRemote",
    label: "Take what is there",
    text: "Records here are deleted, with edits that were not sent, and replaced by those of the remote.",
    isHarsh: true,
  },
];

const SHRANK: readonly Choice[] = [
  { decision: "restore", label: "Write them again", text: "The remote has lost them: what is here is written there again." },
  { decision: "accept", label: "Delete them here too", text: "They were deleted on purpose: they are deleted here as well.", isHarsh: true },
];

/** What the user can decide when a link cannot go on by itself. */
export function Decisions({ entry: { name, settings }, trouble }: { entry: LinkEntry; trouble: Trouble }) {
  const links = useLinkStore();
  const [busy, setBusy] = useState<LinkDecision>();
  const decide = async (decision: LinkDecision) => {
    if (busy) return;
    setBusy(decision);
    try {
      // What goes wrong is told by the link.
      await links.resolve(name, decision);
    } finally {
      setBusy(undefined);
    }
  };
  const choices = choicesOf(trouble, settings.direction);
  if (choices.length === 0) return <p>There is nothing that this link could do: unlink the collection, or make the remote one again.</p>;
  return (
    <ul className="decisions" aria-label="Decide how to go on">
      {choices.map(({ decision, label, text, isHarsh }) => (
        <li key={decision}>
          {isHarsh ? (
            <ConfirmButton label={label} title={`${label}?`} text={text} confirm={label} onConfirm={() => decide(decision)} />
          ) : (
            <Button className="button" isDisabled={busy !== undefined && busy !== decision} onPress={() => void decide(decision)}>
              {label}
            </Button>
          )}
          <p>{text}</p>
        </li>
      ))}
    </ul>
  );
}

function choicesOf({ state, message }: Trouble, direction: string): readonly Choice[] {
  if (state === "remote-shrank") return SHRANK.filter(({ decision }) => decision === "accept" || direction !== "pull");
  // Taking over nothing would only delete; who receives writes nothing, and who sends takes nothing.
  const isGone = /is gone/u.test(message);
  return RELINK.filter(({ decision }) => {
    if (decision === "adoptRemote") return !isGone && direction !== "push";
    if (decision === "pushLocal") return direction !== "pull";
    return !isGone && direction !== "push";
  });
}
