import { Braces, ChartLine, Database, HardDrive, Moon, RefreshCw, ScatterChart, Search, Settings, Sun, Table2 } from "lucide-react";
import { ToggleButton } from "react-aria-components";
import { hrefOf } from "../lib/hash-route";
import { useTheme } from "../lib/theme";
import { browsed } from "../store/browsed";
import { Logo } from "./logo";

const ALL_PLACES = [
  { view: "search", label: "Search", Icon: Search },
  { view: "query", label: "Query", Icon: Braces },
  { view: "map", label: "Map", Icon: ScatterChart },
  { view: "collections", label: "Collections", Icon: Database },
  { view: "records", label: "Records", Icon: Table2 },
  { view: "sync", label: "Sync", Icon: RefreshCw },
  { view: "storage", label: "Storage", Icon: HardDrive },
  { view: "benchmarks", label: "Benchmarks", Icon: ChartLine },
] as const;

/** What the page has of a place that is elsewhere. */
const BROWSED: readonly string[] = ["collections", "records", "query", "map"];

const PLACES = browsed ? ALL_PLACES.filter(({ view }) => BROWSED.includes(view)) : ALL_PLACES;

/**
 * Name, places, settings and the theme switch. On narrow screens the places move to the lower edge, within reach of the thumb. `isShut`: there is
 * nowhere to go.
 */
export function Header({ current, isShut }: { current: string; isShut: boolean }) {
  return (
    <header className="header">
      <div className="header-inner">
        <a className="brand" href={hrefOf(browsed ? "collections" : "search")}>
          <Logo />
          <span>chromatid</span>
        </a>
        {browsed && (
          <span className="browsed-place mono" title={browsed.place}>
            {browsed.place}
          </span>
        )}
        {isShut ? <span className="places-shut" /> : <Places current={current} />}
        <div className="header-end">
          {!browsed && !isShut && (
            <a className="icon-button" href={hrefOf("settings")} aria-label="Settings" aria-current={current === "settings" ? "page" : undefined}>
              <Settings aria-hidden size={18} strokeWidth={1.75} />
            </a>
          )}
          <ThemeSwitch />
        </div>
      </div>
    </header>
  );
}

function Places({ current }: { current: string }) {
  return (
    <nav className="places" aria-label="Places">
      {PLACES.map(({ view, label, Icon }) => (
        <a key={view} href={hrefOf(view)} aria-current={view === current ? "page" : undefined}>
          <Icon aria-hidden size={17} strokeWidth={1.75} />
          {label}
        </a>
      ))}
    </nav>
  );
}

function ThemeSwitch() {
  const [theme, toggle] = useTheme();
  const Icon = theme === "dark" ? Sun : Moon;
  return (
    <ToggleButton className="icon-button" aria-label="Dark mode" isSelected={theme === "dark"} onChange={toggle}>
      <Icon aria-hidden size={18} strokeWidth={1.75} />
    </ToggleButton>
  );
}
