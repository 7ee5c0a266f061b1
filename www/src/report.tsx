/** The page of charts that `npm run bench` writes: the results are in the page itself. */

import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/tables.css";
import "./styles/storage.css";
import { parseResults } from "./benchmarks/results";
import { ResultsPanels } from "./views/benchmarks/results-panels";

const results = parseResults(document.getElementById("results")?.textContent ?? "");
const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <main className="page">
      <div className="page-head">
        <h1>Benchmarks</h1>
      </div>
      <ResultsPanels results={results} />
    </main>,
  );
}
