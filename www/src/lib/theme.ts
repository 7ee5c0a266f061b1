import { useCallback, useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const STORAGE_KEY = "chromatid-theme";
const system = () => matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function stored(): Theme | undefined {
  try {
    const value = localStorage.getItem(STORAGE_KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    // Storage may be blocked by the browser's settings: the page then follows the system.
    return undefined;
  }
}

function store(theme: Theme | undefined): void {
  try {
    if (theme) localStorage.setItem(STORAGE_KEY, theme);
    else localStorage.removeItem(STORAGE_KEY);
  } catch {
    // As above: the choice then lasts until the page is closed.
  }
}

const systemTheme = (): Theme => (system().matches ? "dark" : "light");
let chosen = stored();

/** Puts the chosen theme on the document; called once before the first render and after each change. */
export function applyTheme(): void {
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
}

function subscribe(notify: () => void): () => void {
  const query = system();
  query.addEventListener("change", notify);
  listeners.add(notify);
  return () => {
    query.removeEventListener("change", notify);
    listeners.delete(notify);
  };
}

function choose(theme: Theme | undefined): void {
  chosen = theme;
  store(theme);
  applyTheme();
  listeners.forEach((notify) => notify());
}

const inForce = (): Theme => chosen ?? systemTheme();

/** The theme in force and a function that flips it. Flipping back to the system's theme follows the system again. */
export function useTheme(): [Theme, () => void] {
  const theme = useSyncExternalStore(subscribe, inForce);
  const toggle = useCallback(() => {
    const next: Theme = inForce() === "dark" ? "light" : "dark";
    choose(next === systemTheme() ? undefined : next);
  }, []);
  return [theme, toggle];
}

/** What was chosen, and a function that chooses; undefined follows the system. */
export function useThemeChoice(): [Theme | undefined, (theme: Theme | undefined) => void] {
  return [useSyncExternalStore(subscribe, () => chosen), choose];
}
