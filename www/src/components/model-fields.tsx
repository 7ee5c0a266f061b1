import { Label, Radio, RadioGroup, Text } from "react-aria-components";
import { serverOf, SUGGESTED, type Model, type ModelKind } from "../embedding/model";
import { TextField } from "./text-field";

const LABELS: Readonly<Record<ModelKind, string>> = { "built-in": "Built in", transformer: "Transformer", ollama: "Ollama", openai: "OpenAI API" };

interface ModelFieldsProps {
  model: Model;
  onModel: (model: Model) => void;
  /** The key for a server that wants one; it is kept apart from the model */
  apiKey: string;
  onApiKey: (key: string) => void;
}

/** By which model texts are embedded, and where they go for that. */
export function ModelFields({ model, onModel, apiKey, onApiKey }: ModelFieldsProps) {
  return (
    <>
      <RadioGroup className="field" value={model.kind} onChange={(kind) => onModel(SUGGESTED[kind as ModelKind])}>
        <Label>Model</Label>
        <div className="segments">
          {Object.entries(LABELS).map(([kind, label]) => (
            <Radio key={kind} className="segment" value={kind}>
              {label}
            </Radio>
          ))}
        </div>
        <Text slot="description">{noteOn(model)}</Text>
      </RadioGroup>
      {model.kind === "transformer" && (
        <TextField
          label="Folder or name"
          value={model.source}
          onChange={(source) => onModel({ ...model, source })}
          description="A name at Hugging Face, or the address of a folder that has tokenizer.json and onnx/model.onnx."
        />
      )}
      {(model.kind === "ollama" || model.kind === "openai") && (
        <>
          <TextField label="Address" inputMode="url" value={model.address} onChange={(address) => onModel({ ...model, address })} />
          <TextField label="Name of the model" value={model.model} onChange={(name) => onModel({ ...model, model: name })} />
        </>
      )}
      {model.kind === "openai" && (
        <TextField
          label="Key"
          type="password"
          autoComplete="off"
          value={apiKey}
          onChange={onApiKey}
          description="Kept until this page is closed, and sent to that server alone. Empty if it wants none."
        />
      )}
    </>
  );
}

function noteOn(model: Model): string {
  const server = attempt(() => serverOf(model));
  switch (model.kind) {
    case "built-in":
      return "English, 256 dimensions, at once: nothing is fetched and nothing leaves this device.";
    case "transformer":
      return `Runs in this browser, by WebGPU where there is one: texts stay on this device. The model is fetched once${server === undefined ? "" : `, from ${server}`}, and kept.`;
    default:
      return server === undefined ? "Texts are embedded by a server." : `Texts are sent to ${server}: those that are stored, and what is searched for.`;
  }
}

/** While an address is being typed it is none. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
