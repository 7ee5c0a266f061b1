const HEIGHT = 48;

/** An embedding as a row of bars around its zero line: its shape, not its numbers. */
export function EmbeddingStrip({ embedding }: { embedding: ArrayLike<number> }) {
  const components = Array.from(embedding);
  const largest = components.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const middle = HEIGHT / 2;
  const path = components
    .map((value, i) => `M${i + 0.5} ${middle}V${(middle - (value / largest) * (middle - 1)).toFixed(1)}`)
    .join("");
  return (
    <figure className="strip">
      <svg viewBox={`0 0 ${components.length} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label="The embedding as bars">
        <path d={path} />
      </svg>
      <figcaption>
        Embedding, {components.length} dimensions: {components.slice(0, 4).map((value) => value.toFixed(3)).join(", ")} …
      </figcaption>
    </figure>
  );
}
