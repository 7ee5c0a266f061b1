import { Label, Meter } from "react-aria-components";
import { formatBytes } from "../../lib/format";

/** How much of a budget of bytes is used. */
export function UsageMeter({ label, used, budget }: { label: string; used: number; budget: number }) {
  return (
    <Meter className="meter" value={used} maxValue={Math.max(budget, 1)} valueLabel={`${formatBytes(used)} of ${formatBytes(budget)}`}>
      {({ percentage, valueText }) => (
        <>
          <div className="meter-text">
            <Label>{label}</Label>
            <span>{valueText}</span>
          </div>
          <div className="progress-track">
            <div className="progress-fill" style={{ transform: `scaleX(${percentage / 100})` }} />
          </div>
        </>
      )}
    </Meter>
  );
}
