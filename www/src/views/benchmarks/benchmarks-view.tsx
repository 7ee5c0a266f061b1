import { lazy, Suspense } from "react";
import { Spinner } from "../../components/spinner";
import { useTitle } from "../../lib/hooks";

/** Charts and their library are only loaded by those who look at them. */
const BenchmarksPage = lazy(async () => ({ default: (await import("./benchmarks-page")).BenchmarksPage }));

const SHIPPED = "data/bench-results.json";

/** How fast this and other stores are, as measured by `npm run bench`. */
export function BenchmarksView() {
  useTitle("Benchmarks");
  return (
    <Suspense fallback={<Spinner label="Loading the charts" />}>
      <BenchmarksPage shipped={HAS_BENCH_RESULTS ? SHIPPED : null} />
    </Suspense>
  );
}
