import { CircleAlert, CircleCheck, CirclePause, Clock, RefreshCw, type LucideIcon } from "lucide-react";
import type { StateWords, Tone } from "./words";

const ICONS: Readonly<Record<Tone, LucideIcon>> = { good: CircleCheck, busy: RefreshCw, wait: Clock, bad: CircleAlert, off: CirclePause };

/** The state of a link: a colour, a sign, and words. */
export function StateBadge({ state: { tone, label } }: { state: StateWords }) {
  const Icon = ICONS[tone];
  return (
    <p className="state-badge" data-tone={tone} role="status">
      <Icon aria-hidden size={15} />
      {label}
    </p>
  );
}
