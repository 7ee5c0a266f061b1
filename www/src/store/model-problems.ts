import type { ModelError, ModelFault } from "../embedding/model-error";
import type { Problem } from "./problems";

const WORDS: Readonly<Record<ModelFault, readonly [title: string, advice: string]>> = {
  "not-allowed": ["A server would be asked", "If you allow it, texts that are embedded are sent there: what you search for, and documents that you add. Words can be searched without."],
  "no-key": ["The model is behind a key", "Give the key that the server expects. It is kept until this page is closed, and sent to that server alone."],
  unreachable: ["The model cannot be reached", "Check the address and the connection. The server has to allow this page (CORS): Ollama by OLLAMA_ORIGINS, other servers by a setting of theirs."],
  "no-model": ["There is no such model", "Check its name and the address. Ollama gets a model by `ollama pull`."],
  answer: ["The server of the model answers strangely", "Check the address and the model: it must be one that makes embeddings."],
  files: ["The model cannot be used", "Choose a folder with tokenizer.json and onnx/model.onnx, as many models at Hugging Face have them."],
  runtime: ["What runs the model is missing", "Check the connection, then try again."],
};

/** Says what is wrong with a model, and what to do. */
export function explainModel({ fault, message, server }: ModelError): Problem {
  const [title, advice] = WORDS[fault];
  const wants = fault === "not-allowed" ? "permission" : fault === "no-key" ? "key" : undefined;
  const kind = wants ? "locked" : fault === "unreachable" || fault === "runtime" ? "asset" : "refused";
  return { kind, title, detail: message, advice, ...(wants && server !== undefined && { access: { server, wants } }) };
}
