import { getDocument } from "unpdf/pdfjs";
import { ImportError } from "../import-error";
import { TEXT_FIELD, type Piece } from "../rows";
import { readBytes } from "./text-pieces";

/** The whole file has to be in memory: its parts refer to each other. */
const MAX_PDF_BYTES = 256 * 1024 * 1024;

interface TextItem {
  str: string;
  hasEOL: boolean;
  transform: number[];
  height: number;
}

/** The text of a PDF, a section a page. */
export async function* parsePdf(file: File): AsyncGenerator<Piece> {
  if (file.size > MAX_PDF_BYTES) throw new ImportError("too-large", `“${file.name}” has more than 256 MB, and a PDF has to be read whole`);
  const bytes = new Uint8Array(await readBytes(file, 0, file.size));
  const pdf = await open(bytes, file.name);
  try {
    for (let number = 1; number <= pdf.numPages; number++) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      const text = textOf(items.filter((item): item is (typeof items)[number] & TextItem => "str" in item));
      page.cleanup();
      const rows = text === "" ? [] : [{ place: `page ${number}`, values: { [TEXT_FIELD]: text, page: number } }];
      yield { rows, share: number / pdf.numPages, bad: [] };
    }
  } finally {
    await pdf.loadingTask.destroy();
  }
}

async function open(bytes: Uint8Array, name: string): Promise<Awaited<ReturnType<typeof getDocument>["promise"]>> {
  try {
    return await getDocument({ data: bytes, verbosity: 0, useSystemFonts: true }).promise;
  } catch (cause) {
    const isLocked = cause instanceof Error && cause.name === "PasswordException";
    throw new ImportError("malformed", isLocked ? `“${name}” is protected by a password` : `“${name}” cannot be read as a PDF (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
}

/** Lines as they stand; a gap that is larger than between lines ends a paragraph. */
function textOf(items: readonly TextItem[]): string {
  let text = "";
  let lineAt: number | undefined;
  for (const { str, hasEOL, transform, height } of items) {
    const at = transform[5] ?? 0;
    if (lineAt !== undefined && str !== "" && lineAt - at > 1.9 * (height || 12)) text = `${text.trimEnd()}\n\n`;
    text += str;
    if (str !== "") lineAt = at;
    if (hasEOL) text += "\n";
  }
  // A word that was divided at the end of a line is one again.
  return text.replace(/(\p{Ll})-\n(?=\p{Ll})/gu, "$1").replace(/[ \t]+\n/g, "\n").trim();
}
