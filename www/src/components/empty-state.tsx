import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

/** Nothing to show: why, and what to do. */
export function EmptyState({ Icon, title, children }: { Icon: LucideIcon; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon aria-hidden size={28} strokeWidth={1.5} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}
