import { open } from "chromatid";

import { program } from "../program.js";

window.answer = program({ open });
