import { Radio, RadioGroup } from "react-aria-components";
import { useThemeChoice, type Theme } from "../../lib/theme";

const CHOICES: readonly (readonly [Theme | "system", string])[] = [
  ["system", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** Light, dark, or as the system has it. */
export function AppearancePanel() {
  const [choice, choose] = useThemeChoice();
  return (
    <section className="panel setting" aria-labelledby="appearance-title">
      <h2 id="appearance-title">Appearance</h2>
      <RadioGroup
        className="segments"
        aria-labelledby="appearance-title"
        orientation="horizontal"
        value={choice ?? "system"}
        onChange={(value) => choose(value === "system" ? undefined : (value as Theme))}
      >
        {CHOICES.map(([value, label]) => (
          <Radio key={value} className="segment" value={value}>
            {label}
          </Radio>
        ))}
      </RadioGroup>
    </section>
  );
}
