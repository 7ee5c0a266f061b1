import { useCallback, useState } from "react";
import { Button } from "react-aria-components";
import { useLoad } from "../../lib/hooks";

/** Whether the browser may clear the data when space runs out. */
export function ProtectionPanel() {
  const [asked, setAsked] = useState(0);
  // The number is not read: it says when to look again.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const load = useCallback(() => isPersisted(), [asked]);
  const { value: persisted } = useLoad(load);
  const ask = async () => {
    // Browsers decide by themselves, or ask the user; an error is a no.
    await navigator.storage.persist().catch(() => false);
    setAsked((before) => before + 1);
  };
  return (
    <section className="panel setting" aria-labelledby="protection-title">
      <h2 id="protection-title">Protection</h2>
      <p role="status">{persisted === undefined ? "" : describe(persisted, asked > 0)}</p>
      {persisted === false && (
        <div className="button-row">
          <Button className="button" onPress={() => void ask()}>
            Ask the browser to keep them
          </Button>
        </div>
      )}
    </section>
  );
}

function describe(persisted: boolean, isAsked: boolean): string {
  if (persisted) return "The browser will not clear the data of this page by itself, even when space runs out.";
  const refused = isAsked ? "The browser was asked and did not agree: visit the page more often, or install it, and ask again. " : "";
  return `${refused}The browser may clear the data of this page when space runs out.`;
}

async function isPersisted(): Promise<boolean> {
  const manager = (navigator as Partial<Navigator>).storage as Partial<StorageManager> | undefined;
  return (await manager?.persisted?.()) ?? false;
}
