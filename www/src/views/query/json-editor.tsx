import { CircleAlert, CircleCheck } from "lucide-react";

interface JsonEditorProps {
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

/** The search as JSON, to be changed by hand, with what is wrong with it in words. */
export function JsonEditor({ text, error, onChange }: JsonEditorProps) {
  const Icon = error === undefined ? CircleCheck : CircleAlert;
  return (
    <div className="json-editor">
      <textarea
        className="input"
        aria-label="Search as JSON"
        aria-invalid={error !== undefined}
        aria-describedby="json-verdict"
        spellCheck={false}
        autoCapitalize="none"
        rows={Math.min(30, Math.max(16, text.split("\n").length + 1))}
        value={text}
        onChange={(event) => onChange(event.target.value)}
      />
      <p id="json-verdict" className="json-verdict" role="status" data-wrong={error !== undefined || undefined}>
        <Icon aria-hidden size={16} />
        <span>{error ?? "This is a search. The builder keeps its own."}</span>
      </p>
    </div>
  );
}
