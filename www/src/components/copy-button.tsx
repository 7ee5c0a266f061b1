import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";

/** Time that "Copied" is shown, in milliseconds. */
const SHOWN = 1600;

/** Puts a text on the clipboard, and says so. */
export function CopyButton({ label, text }: { label: string; text: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setState("copied"),
      () => setState("refused"),
    );
  const Icon = state === "copied" ? Check : Copy;
  return (
    <>
      <Button className="icon-button" aria-label={label} onPress={() => void copy()}>
        <Icon aria-hidden size={16} />
      </Button>
      <span className="visually-hidden" role="status">
        {state === "copied" && "Copied"}
        {state === "refused" && "The browser did not let the page copy"}
      </span>
    </>
  );
}
