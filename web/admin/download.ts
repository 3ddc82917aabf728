/** Tables that leave the page as files. */
import { saveFile } from '../live/file.ts';

/** A cell that no spreadsheet takes for a formula. */
const cell = (value: string | number): string => {
  const text = typeof value === 'number' ? String(value) : value.replace(/^(?=[=+\-@\t\r＝＋－＠])/, "'");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** Saves a table as CSV, with a byte order mark, so that every spreadsheet reads its Chinese. */
export function saveCsv(name: string, lines: readonly (readonly (string | number)[])[]): void {
  const text = `\uFEFF${lines.map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
  saveFile({ name, blob: new Blob([text], { type: 'text/csv' }) });
}
