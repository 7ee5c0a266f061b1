import { ProgressBar } from "react-aria-components";

/** Something is on its way, and nobody knows for how long. It shows up late, so that short waits do not flicker. */
export function Spinner({ label }: { label: string }) {
  return (
    <ProgressBar className="spinner" isIndeterminate aria-label={label}>
      <span className="spinner-ring" />
      <span>{label}…</span>
    </ProgressBar>
  );
}
