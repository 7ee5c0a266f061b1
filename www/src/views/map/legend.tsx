import type { Legend as LegendOf } from "../../map/colours";
import { OTHER } from "../../map/colours";
import { formatCount } from "../../lib/format";

/** What the colours mean. */
export function Legend({ legend }: { legend: LegendOf }) {
  if (legend.kind === "plain") return null;
  if (legend.kind === "ramp") {
    return (
      <div className="map-ramp" role="group" aria-label={`Colours by ${legend.key}`}>
        <span>{legend.least}</span>
        <span className="map-ramp-bar" aria-hidden />
        <span>{legend.most}</span>
        <span className="dim">by rank{legend.missing > 0 && `, ${formatCount(legend.missing)} without a value`}</span>
      </div>
    );
  }
  return (
    <ul className="map-legend" aria-label={`Colours by ${legend.key}`}>
      {legend.categories.map(({ label, count, colour }) => (
        <li key={colour}>
          <span className="map-swatch" aria-hidden style={{ background: `var(--${colour === 0 ? "map-rest" : colour === OTHER ? "map-other" : `map-${String(colour)}`})` }} />
          {label} <span className="dim">{formatCount(count)}</span>
        </li>
      ))}
    </ul>
  );
}
