import { createRoot } from "react-dom/client";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/controls.css";
import "./styles/overlays.css";
import "./styles/search.css";
import "./styles/results.css";
import "./styles/tables.css";
import "./styles/query.css";
import "./styles/map.css";
import "./styles/storage.css";
import "./styles/settings.css";
import "./styles/sync.css";
import "./styles/import.css";
import { App } from "./app";
import { registerServiceWorker } from "./lib/service-worker";
import { applyTheme } from "./lib/theme";
import { browsed } from "./store/browsed";
import { ConsoleStore } from "./store/console-store";
import { StoreContext } from "./store/use-store";

const root = document.getElementById("root");
if (!root) throw new Error("the page has no element #root");

applyTheme();
const store = new ConsoleStore();
createRoot(root).render(
  <StoreContext value={store}>
    <App />
  </StoreContext>,
);
void store.start();
if (!browsed) registerServiceWorker();
// For the console of the browser: `await chromatid.open()` is a client of the same store beside that of the page.
Object.assign(window, { chromatid: { open: () => store.openBeside() } });
