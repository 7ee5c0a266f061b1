import { useId, type ReactNode } from "react";

interface InfoPanelProps {
  title: string;
  facts: readonly (readonly [name: string, value: string])[];
  children?: ReactNode;
}

/** A titled list of facts. */
export function InfoPanel({ title, facts, children }: InfoPanelProps) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <dl className="rows">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {children}
    </section>
  );
}
