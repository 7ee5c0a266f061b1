import { program } from "./program.js";

window.answer = Promise.resolve("ready");
window.program = program;
