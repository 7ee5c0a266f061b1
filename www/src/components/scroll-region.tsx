import type { ReactNode } from "react";

interface ScrollRegionProps {
  label: string;
  className: string;
  children: ReactNode;
}

/** A part that scrolls by itself, which the keyboard must be able to reach. */
export function ScrollRegion({ label, className, children }: ScrollRegionProps) {
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- only what has the focus is scrolled by arrow keys
    <div role="region" aria-label={label} tabIndex={0} className={className}>
      {children}
    </div>
  );
}
