import { ListRestart } from "lucide-react";
import { Button } from "react-aria-components";
import { useConsoleStore } from "../../store/use-store";

/** Offers to store glosses of an earlier version anew, with an index of their words. */
export function UpgradeBanner() {
  const store = useConsoleStore();
  return (
    <section className="upgrade" aria-label="Index of words">
      <p>
        <strong>These glosses were stored by an earlier version,</strong> without an index of words. Searching by words goes
        letter by letter until they have one. Your own changes are kept.
      </p>
      <Button className="button" onPress={() => void store.indexWords()}>
        <ListRestart aria-hidden size={16} />
        Index the words
      </Button>
    </section>
  );
}
