import { useEffect, useId, useRef, useState, type FormEvent } from "react";
import { Button } from "react-aria-components";
import { Modal } from "../../components/modal";
import { ProblemNotice } from "../../components/problem-notice";
import type { LinkEntry } from "../../store/links";
import { useLinkStore } from "../../store/use-links";
import { useOpenStore } from "../../store/use-store";
import { CorsHint } from "./cors-hint";
import { compileLink, draftOf, emptyDraft, type LinkDraft, type LinkProblems } from "./draft";
import { HowFields, RemoteFields } from "./link-fields";
import { TextField } from "../../components/text-field";
import { addressOf, explainLinkError } from "./words";

interface LinkDialogProps {
  /** A link to change, or "new"; closed without */
  subject: LinkEntry | "new" | undefined;
  /** Collections that can be linked */
  names: readonly string[];
  onClose: () => void;
}

/** Links a collection, or changes its link. */
export function LinkDialog({ subject, names, onClose }: LinkDialogProps) {
  const title = subject === undefined || subject === "new" ? "Add a link" : `Change the link of “${subject.name}”`;
  return (
    <Modal title={title} isOpen={subject !== undefined} onClose={onClose}>
      {subject && <LinkForm subject={subject} names={names} onDone={onClose} />}
    </Modal>
  );
}

interface LinkFormProps {
  subject: LinkEntry | "new";
  names: readonly string[];
  onDone: () => void;
}

function LinkForm({ subject, names, onDone }: LinkFormProps) {
  const store = useOpenStore();
  const links = useLinkStore();
  const isNew = subject === "new";
  const [draft, setDraft] = useState(() => (isNew ? emptyDraft(names[0] ?? "") : draftOf(subject.name, subject.settings)));
  const [problems, setProblems] = useState<LinkProblems>({});
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const change = (part: Partial<LinkDraft>) => setDraft((before) => ({ ...before, ...part }));

  useEffect(() => {
    const wrong = form.current?.querySelector<HTMLElement>("[aria-invalid=true]");
    wrong?.focus();
  }, [problems]);

  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const compiled = compileLink(draft);
    setProblems(compiled.problems ?? {});
    setError(undefined);
    if (compiled.problems) return;
    const { name, options } = compiled;
    setBusy(true);
    try {
      // A filter that is none would be found out by the first round only.
      if (options.where && draft.local) await (await store.getCollection({ name })).get({ where: options.where, limit: 1, include: [] });
      await links.add(name, options);
      onDone();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form className="form link-form" ref={form} noValidate onSubmit={(event) => void save(event)}>
      {isNew && <LocalFields draft={draft} problems={problems} names={names} onChange={change} />}
      <RemoteFields draft={draft} problems={problems} startsHere={!isNew} onChange={change} />
      <HowFields draft={draft} problems={problems} needsToken={!isNew && subject.settings.needsCredentials} onChange={change} />
      {error !== undefined && <SaveProblem error={error} draft={draft} />}
      <div className="button-row end">
        <Button className="button" onPress={onDone}>
          Cancel
        </Button>
        <Button className="button primary" type="submit">
          {isBusy ? "Asking the remote…" : isNew ? "Add link" : "Save"}
        </Button>
      </div>
    </form>
  );
}

interface LocalFieldsProps {
  draft: LinkDraft;
  problems: LinkProblems;
  names: readonly string[];
  onChange: (part: Partial<LinkDraft>) => void;
}

function LocalFields({ draft, problems, names, onChange }: LocalFieldsProps) {
  const id = useId();
  return (
    <>
      <div className="field">
        <label htmlFor={id}>Collection here</label>
        <select
          id={id}
          className="input"
          value={draft.local}
          // eslint-disable-next-line jsx-a11y/no-autofocus -- a dialog that was asked for starts at its first field
          autoFocus
          onChange={(event) => onChange({ local: event.target.value })}
        >
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
          <option value="">A new one, made like the remote one</option>
        </select>
      </div>
      {draft.local === "" && (
        <TextField label="Name of the new collection" value={draft.newName} onChange={(newName) => onChange({ newName })} error={problems.newName} />
      )}
    </>
  );
}

function SaveProblem({ error, draft: { host, port, ssl } }: { error: unknown; draft: LinkDraft }) {
  const problem = explainLinkError(error);
  const notice = useRef<HTMLDivElement>(null);
  // The form is longer than most screens.
  useEffect(() => {
    // Newer browsers answer a promise, which is no effect's to give.
    void notice.current?.scrollIntoView({ block: "nearest" });
  }, [error]);
  const remote = { host, port: Number(port) || undefined, ssl, tenant: "", database: "" };
  return (
    <div className="save-problem" ref={notice}>
      <ProblemNotice problem={problem} />
      {problem.isUnreachable && <CorsHint address={addressOf(remote)} />}
    </div>
  );
}
