import { useEffect, useState } from "react";
import { hrefOf, navigate } from "../../lib/hash-route";
import { useConsoleStore } from "../../store/use-store";

/** Takes files that are dropped anywhere on the page. */
export function FileDrop() {
  const { imports } = useConsoleStore();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    // Leaving for another element of the page has that as its target.
    const onLeave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
    const onDrop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length === 0) return;
      imports.inspect(files);
      navigate(hrefOf("import"));
    };
    addEventListener("dragover", onOver);
    addEventListener("dragleave", onLeave);
    addEventListener("drop", onDrop);
    return () => {
      removeEventListener("dragover", onOver);
      removeEventListener("dragleave", onLeave);
      removeEventListener("drop", onDrop);
    };
  }, [imports]);
  return isOver ? <div className="drop-veil">Drop to import</div> : null;
}
