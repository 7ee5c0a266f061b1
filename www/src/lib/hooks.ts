import { useEffect, useState, useSyncExternalStore } from "react";

/** The value as it was when it last rested for `delay` milliseconds. */
export function useDebounced<T>(value: T, delay: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), delay);
    return () => clearTimeout(timer);
  }, [value, delay]);
  return settled;
}

/** Whether the browser believes that it has a network. */
export function useOnline(): boolean {
  return useSyncExternalStore(subscribeOnline, () => navigator.onLine);
}

function subscribeOnline(notify: () => void): () => void {
  addEventListener("online", notify);
  addEventListener("offline", notify);
  return () => {
    removeEventListener("online", notify);
    removeEventListener("offline", notify);
  };
}

/** The time, in milliseconds since 1970, told again every `step` milliseconds. */
export function useNow(step: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), step);
    return () => clearInterval(timer);
  }, [step]);
  return now;
}

/** Sets the title of the page while the caller is shown. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · chromatid`;
  }, [title]);
}

export type Loaded<T> =
  | { status: "loading"; value: T | undefined }
  | { status: "ready"; value: T }
  | { status: "failed"; value: T | undefined; error: unknown };

/**
 * Runs `load` whenever it changes (so it must come from `useCallback`) and gives its latest outcome. The value before
 * stays while the next one loads, so that nothing jumps; an answer that comes after a newer call began is dropped.
 */
export function useLoad<T>(load: () => Promise<T>): Loaded<T> {
  const [settled, setSettled] = useState<{ load: () => Promise<T>; outcome: Loaded<T> }>();
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setSettled({ load, outcome: { status: "ready", value } }),
      (error: unknown) =>
        current && setSettled((before) => ({ load, outcome: { status: "failed", value: before?.outcome.value, error } })),
    );
    return () => {
      current = false;
    };
  }, [load]);
  return settled?.load === load ? settled.outcome : { status: "loading", value: settled?.outcome.value };
}
