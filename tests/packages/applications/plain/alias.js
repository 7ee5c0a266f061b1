import { ChromaClient } from "chromadb";

import { program } from "../program.js";

window.answer = program({ open: () => new ChromaClient() });
