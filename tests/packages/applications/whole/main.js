import { open } from "chromatid";

import { program } from "../program.js";

window.answer = Promise.all([
  open().then(
    () => "opened",
    (error) => error.message,
  ),
  program({ open }, { worker: false, name: "in-place" }),
]);
