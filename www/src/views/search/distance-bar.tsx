/** A cosine distance as number and as bar: the fuller, the nearer; unrelated (1) and farther is empty. */
export function DistanceBar({ distance }: { distance: number }) {
  const nearness = Math.min(1, Math.max(0, 1 - distance));
  return (
    <span className="distance">
      <span className="distance-track" aria-hidden>
        <span className="distance-fill" style={{ transform: `scaleX(${nearness})` }} />
      </span>
      <span className="visually-hidden">Distance </span>
      <span className="distance-value" title="Cosine distance: 0 is the same direction, 1 is unrelated">
        {distance.toFixed(3)}
      </span>
    </span>
  );
}
