import { open } from "/node_modules/chromatid/dist/entry/browser.js";

import { program } from "../program.js";

window.answer = program({ open });
