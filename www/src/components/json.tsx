import { ScrollRegion } from "./scroll-region";

/** A value as JSON, scrolling when it is long. */
export function Json({ label, value }: { label: string; value: unknown }) {
  return (
    <ScrollRegion label={label} className="json">
      <pre>{JSON.stringify(value, withBigints, 2)}</pre>
    </ScrollRegion>
  );
}

/** Integers beyond 2^53 come as bigint, which JSON does not know. */
const withBigints = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
