import { useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import type { Inspection } from "../../imports/fields";
import type { Chunking, FieldChoice, NewCollection, Options, Role } from "../../imports/job";
import { formatBytes } from "../../lib/format";
import { useModel } from "../../components/use-model";
import { useConsoleStore } from "../../store/use-store";
import { useCollections } from "../../store/use-collections";
import { ChunkingFields } from "./chunking-fields";
import { FieldTable } from "./field-table";
import { TargetFields } from "./target-fields";

const DEFAULT_CHUNKING: Chunking = { size: 200, overlap: 40, unit: "words" };

/** Texts of a table are cut from this length on, unless somebody says otherwise. */
const LONG_WORDS = 300;

const NEW = "";

/** What the fields are, how texts are cut, where they go. */
export function ChoicesForm({ inspection }: { inspection: Inspection }) {
  const { imports } = useConsoleStore();
  const collections = useCollections();
  const [fields, setFields] = useState(inspection.choices);
  const [chunking, setChunking] = useState<Chunking | undefined>(
    inspection.kind === "text" || inspection.words > LONG_WORDS ? DEFAULT_CHUNKING : undefined,
  );
  const [existing, setExisting] = useState(NEW);
  const [name, setName] = useState(() => nameFor(inspection.files[0]?.name ?? ""));
  const hasVector = fields.some(({ role }) => role === "vector");
  const hasDocument = inspection.kind === "text" || fields.some(({ role }) => role === "document");
  const [space, setSpace] = useState<NewCollection["space"]>("cosine");

  const there = collections.value ?? [];
  const target = there.find((collection) => collection.name === existing);
  const hasModel = target ? target.embeddingFunction !== undefined : !hasVector;
  const chosen = useModel();
  const refusal = refuse();

  function refuse(): string | undefined {
    if (!target && !/^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$/.test(name)) return "The name takes 3 to 512 letters, digits, dots, hyphens and underscores.";
    if (!target && there.some((collection) => collection.name === name)) return `There is a collection “${name}” already: choose it, or another name.`;
    if (!hasDocument && !hasVector) return "Choose the field that has the text, or the one that has the vectors.";
    if (!hasVector && !hasModel) return "This collection has no model of this page: choose the field that has the vectors.";
    return target || hasVector ? undefined : chosen.refusal;
  }

  const choose = (field: string, role: Role) => {
    // Of text, id and vector there is one each.
    const isOne = role === "document" || role === "id" || role === "vector";
    setFields((before) =>
      before.map((choice): FieldChoice => (choice.name === field ? { ...choice, role } : isOne && choice.role === role ? { ...choice, role: "as-is" } : choice)),
    );
  };
  const start = async (event: FormEvent) => {
    event.preventDefault();
    if (refusal !== undefined) return;
    const create: NewCollection = hasVector ? { vectors: "file", space } : { vectors: "model", space: "cosine", ...(!target && { model: await chosen.settle() }) };
    const options: Options = {
      collection: target ? target.name : name,
      fields,
      passOver: false,
      ...(!target && { create }),
      ...(chunking && !hasVector && { chunking }),
    };
    imports.start(options);
  };
  return (
    <form className="form import-form" onSubmit={(event) => void start(event)}>
      <section className="panel" aria-labelledby="what-title">
        <h2 id="what-title">What is in {inspection.files.length === 1 ? inspection.files[0]?.name : `${inspection.files.length} files`}</h2>
        <p className="dim">{inspection.files.map(({ name: file, size }) => `${file}, ${formatBytes(size)}`).join(" · ")}</p>
        <FieldTable inspection={inspection} choices={fields} onChoose={inspection.kind === "table" ? choose : undefined} />
      </section>
      <div className="import-columns">
        <section className="panel form" aria-labelledby="where-title">
          <h2 id="where-title">Where it goes</h2>
          <TargetFields
            collections={there}
            existing={existing}
            onExisting={setExisting}
            name={name}
            onName={setName}
            hasVector={hasVector}
            space={space}
            onSpace={setSpace}
            model={target ? target.embeddingFunction?.name : undefined}
            newModel={chosen.fields}
          />
        </section>
        <section className="panel form" aria-labelledby="cut-title">
          <h2 id="cut-title">How texts are cut</h2>
          <ChunkingFields chunking={hasVector ? undefined : chunking} isDisabled={hasVector} onChange={setChunking} initial={DEFAULT_CHUNKING} />
        </section>
      </div>
      <div className="button-row">
        <Button className="button primary" type="submit" isDisabled={refusal !== undefined || collections.status === "loading"}>
          Import
        </Button>
        <Button className="button" onPress={() => void imports.discard()}>
          Cancel
        </Button>
        <span className="dim" role="status">
          {refusal}
        </span>
      </div>
    </form>
  );
}

/** A name that is accepted, made of that of a file. */
function nameFor(file: string): string {
  const name = file
    .replace(/\.[^.]+$/, "")
    .normalize("NFD")
    .replace(/[^a-zA-Z0-9._-]+/g, "-")
    .replace(/^[^a-zA-Z0-9]+|[^a-zA-Z0-9]+$/g, "")
    .slice(0, 512);
  return name.length < 3 ? `import-${name || "1"}` : name;
}
