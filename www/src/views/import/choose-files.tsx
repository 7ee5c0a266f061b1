import { FileUp } from "lucide-react";
import { Button, FileTrigger } from "react-aria-components";
import { ENDINGS } from "../../imports/formats/detect";
import { useConsoleStore } from "../../store/use-store";

/** Where files are dropped, or chosen by a button. */
export function ChooseFiles() {
  const { imports } = useConsoleStore();
  return (
    <section className="drop-area" aria-label="Files">
      <FileUp aria-hidden size={30} strokeWidth={1.5} />
      <p>
        <strong>Drop files anywhere on this page,</strong> or choose them.
      </p>
      <FileTrigger allowsMultiple acceptedFileTypes={ENDINGS} onSelect={(files) => files && imports.inspect([...files])}>
        <Button className="button primary">Choose files</Button>
      </FileTrigger>
      <p className="dim">CSV, JSON, JSON Lines, Parquet, Markdown, text, HTML, PDF, and what get() of a Chroma collection answers.</p>
    </section>
  );
}
