import { useMemo, useState } from "react";
import type { Results, Search } from "../../benchmarks/results";
import { MEASURES, sizesOf, type Subject, subjectsOf } from "../../benchmarks/series";
import { formatBytes, formatCount } from "../../lib/format";
import "../../styles/benchmarks.css";
import { GrowthFigure, RecallFigure } from "./figures";
import { GlanceTable } from "./glance-table";
import { Swatch } from "./swatch";

const FILTERS: readonly { filter: Search["filter"]; label: string }[] = [
  { filter: "all", label: "no filter" },
  { filter: "tenth", label: "a filter that a tenth passes" },
  { filter: "hundredth", label: "a filter that a hundredth passes" },
];

/** Results as charts and tables: which set, how many vectors, which stores. */
export function ResultsPanels({ results }: { results: Results }) {
  const subjects = useMemo(() => subjectsOf(results), [results]);
  const sets = Object.keys(results.sets).filter((set) => sizesOf(results, set).length > 0);
  const [chosenSet, setSet] = useState<string>();
  const [chosenSize, setSize] = useState<number>();
  const [filter, setFilter] = useState<Search["filter"]>("all");
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => subjects.filter(({ key }) => !hidden.has(key)), [subjects, hidden]);
  const set = chosenSet !== undefined && sets.includes(chosenSet) ? chosenSet : mostMeasured(results, sets);
  const sizes = set === undefined ? [] : sizesOf(results, set);
  const n = chosenSize !== undefined && sizes.includes(chosenSize) ? chosenSize : mostStores(results, set, sizes);
  if (set === undefined || n === undefined) {
    return <p className="figure-empty">These results have no rows.</p>;
  }
  const toggle = (key: string) => setHidden((before) => new Set(before.has(key) ? [...before].filter((each) => each !== key) : [...before, key]));
  return (
    <div className="benchmarks">
      <Circumstances results={results} />
      <div className="panel choices">
        <Choice label="Vectors from" value={set} options={sets.map((name) => [name, results.sets[name]?.title ?? name])} onChange={setSet} />
        <Choice label="How many" value={String(n)} options={sizes.map((size) => [String(size), formatCount(size)])} onChange={(size) => setSize(Number(size))} />
        <Choice label="Searched with" value={filter} options={FILTERS.map((each) => [each.filter, each.label])} onChange={(value) => setFilter(FILTERS.find((each) => each.filter === value)?.filter ?? "all")} />
        <Legend subjects={subjects} hidden={hidden} onToggle={toggle} />
      </div>
      <GlanceTable results={results} subjects={shown} set={set} n={n} />
      <RecallFigure results={results} subjects={shown} set={set} n={n} filter={filter} />
      {MEASURES.map((measure) => (
        <GrowthFigure key={measure.name} results={results} subjects={shown} set={set} measure={measure} />
      ))}
    </div>
  );
}

/** The set with most rows is what the results are about. */
function mostMeasured({ rows }: Results, sets: readonly string[]): string | undefined {
  const count = (set: string) => rows.filter((row) => row.set === set).length;
  return [...sets].sort((a, b) => count(b) - count(a))[0];
}

/** The size that most stores were measured with; of equal ones the largest. */
function mostStores({ rows }: Results, set: string | undefined, sizes: readonly number[]): number | undefined {
  const count = (n: number) => rows.filter((row) => row.set === set && row.n === n).length;
  return [...sizes].sort((a, b) => count(b) - count(a) || b - a)[0];
}

function Circumstances({ results: { machine, measured, rows } }: { results: Results }) {
  const loads = rows.map((row) => row.load_average);
  return (
    <p className="dim">
      Measured {measured.slice(0, 10)} on {machine.cpu.trim()}, {machine.cores} cores, {formatBytes(machine.memory_bytes)}, {machine.platform}
      {machine.chromium && `, Chromium ${machine.chromium}`}. Load average {Math.min(...loads).toFixed(1)} to {Math.max(...loads).toFixed(1)}.
    </p>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label className="choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

interface LegendProps {
  subjects: readonly Subject[];
  hidden: ReadonlySet<string>;
  onToggle: (key: string) => void;
}

function Legend({ subjects, hidden, onToggle }: LegendProps) {
  return (
    <fieldset className="legend">
      <legend>Stores</legend>
      {subjects.map((subject) => (
        <label key={subject.key}>
          <input type="checkbox" checked={!hidden.has(subject.key)} onChange={() => onToggle(subject.key)} />
          <Swatch subject={subject} />
          {subject.label}
        </label>
      ))}
    </fieldset>
  );
}
