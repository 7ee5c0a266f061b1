import { useState, type FormEvent } from "react";
import { Button, Input, Label, Radio, RadioGroup, Text, TextField } from "react-aria-components";
import { Modal } from "../../components/modal";
import { ErrorNotice } from "../../components/problem-notice";
import { ModelFields } from "../../components/model-fields";
import { useModel } from "../../components/use-model";
import { functionOf } from "../../embedding/model";
import { browsed } from "../../store/browsed";
import { useConsoleStore, useOpenStore } from "../../store/use-store";

const SPACES = ["cosine", "l2", "ip"] as const;
type Space = (typeof SPACES)[number];
const SPACE_LABELS: Readonly<Record<Space, string>> = { cosine: "Cosine", l2: "Squared L2", ip: "Inner product" };

/** Creates a collection. */
export function CreateDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal title="New collection" isOpen={isOpen} onClose={onClose}>
      <CreateForm onDone={onClose} />
    </Modal>
  );
}

function CreateForm({ onDone }: { onDone: () => void }) {
  const store = useOpenStore();
  const consoleStore = useConsoleStore();
  const [name, setName] = useState("");
  const [space, setSpace] = useState<Space>("cosine");
  const [embedding, setEmbedding] = useState<"none" | "model">(browsed ? "none" : "model");
  const chosen = useModel();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);

  const create = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const embeddingFunction = embedding === "none" ? null : functionOf(await chosen.settle());
      await store.createCollection({ name, embeddingFunction, configuration: { hnsw: { space } } });
      consoleStore.changed();
      onDone();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  // Vectors of models have length 1 and are made for angles: other distances go with vectors of one's own.
  const chooseEmbedding = (value: string) => {
    setEmbedding(value as typeof embedding);
    if (value !== "none") setSpace("cosine");
  };
  return (
    <form className="form" onSubmit={(event) => void create(event)}>
      <TextField
        className="field"
        value={name}
        onChange={setName}
        isRequired
        // eslint-disable-next-line jsx-a11y/no-autofocus -- a dialog that was asked for starts at its first field
        autoFocus
      >
        <Label>Name</Label>
        <Input autoComplete="off" spellCheck={false} />
        <Text slot="description">3 to 512 characters: letters, digits, dot, hyphen and underscore.</Text>
      </TextField>
      {/* The page that shows another place comes without the model. */}
      {!browsed && (
        <RadioGroup className="field" value={embedding} onChange={chooseEmbedding}>
          <Label>Embedding of texts</Label>
          <div className="segments">
            <Radio className="segment" value="model">
              By a model
            </Radio>
            <Radio className="segment" value="none">
              None
            </Radio>
          </div>
          <Text slot="description">Without one, records bring their own vectors.</Text>
        </RadioGroup>
      )}
      {embedding === "model" && <ModelFields {...chosen.fields} />}
      <RadioGroup className="field" value={space} onChange={(value) => setSpace(value as Space)} isDisabled={embedding !== "none"}>
        <Label>Distance</Label>
        <div className="segments">
          {SPACES.map((value) => (
            <Radio key={value} className="segment" value={value}>
              {SPACE_LABELS[value]}
            </Radio>
          ))}
        </div>
      </RadioGroup>
      {error !== undefined && <ErrorNotice error={error} />}
      <div className="button-row end">
        <Button className="button" onPress={onDone}>
          Cancel
        </Button>
        <Button className="button primary" type="submit" isPending={isBusy} isDisabled={embedding === "model" && chosen.refusal !== undefined}>
          Create
        </Button>
      </div>
    </form>
  );
}
