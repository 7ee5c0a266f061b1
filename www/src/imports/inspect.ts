import { countWords } from "./chunks";
import { fieldsOf, guessChoices, previewOf, type Inspection } from "./fields";
import { formatOf } from "./formats/detect";
import { ImportError } from "./import-error";
import { kindOf, type JobFile } from "./job";
import { parserOf, TEXT_FIELD, type Row } from "./rows";
import { textOf } from "./values";

/** Rows that types are told from. */
const SAMPLE = 200;
const SHOWN = 5;

/** Looks at the beginning of files: their kind, their fields, and what these most likely are. */
export async function inspect(files: readonly File[]): Promise<Inspection> {
  const told: JobFile[] = await Promise.all(files.map(async (file) => ({ name: file.name, size: file.size, format: await formatOf(file) })));
  const kinds = new Set(told.map(({ format }) => kindOf(format)));
  const [kind] = kinds;
  if (kind === undefined || !files[0] || !told[0]) throw new ImportError("empty", "There is no file");
  if (kinds.size > 1) throw new ImportError("mixed", "Some of the files are tables, others are texts");
  const rows = await firstRows(files[0], told[0]);
  const fields = fieldsOf(rows);
  const isTyped = told[0].format !== "csv";
  const choices = guessChoices(fields, isTyped);
  const document = kind === "text" ? TEXT_FIELD : choices.find(({ role }) => role === "document")?.name;
  const words = rows.reduce((sum, { values }) => sum + countWords(textOf(values[document ?? ""] ?? "")), 0) / rows.length;
  return { files: told, kind, fields, rows: previewOf(rows.slice(0, SHOWN), fields), choices, words };
}

async function firstRows(file: File, { name, format }: JobFile): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const piece of (await parserOf(format))(file)) {
    rows.push(...piece.rows.slice(0, SAMPLE - rows.length));
    const [bad] = piece.bad;
    if (rows.length === 0 && bad) throw new ImportError("malformed", `“${name}”, ${bad.place}: ${bad.message}`);
    if (rows.length >= SAMPLE) break;
  }
  if (rows.length === 0) throw new ImportError("empty", `“${name}” has no ${kindOf(format) === "text" ? "text" : "records"}`);
  return rows;
}
