/* Cuts text for display into lines, tables (runs of lines "| a | b |", the first one the heading) and
 * citations (a line 《标题》（文号）第三条： that heads a quotation). Nothing is interpreted beyond that:
 * every piece is a slice of the text and knows where it begins, so that marks still fit. */

export interface Piece {
  text: string;
  start: number; // UTF-16 code units from the start of the whole text
}

export interface Citation {
  kind: 'citation';
  title: string;
  number: string;
  label: string;
}

export interface Table {
  kind: 'table';
  head: Piece[];
  rows: Piece[][];
}

export type Block = ({ kind: 'line' } & Piece) | Table | Citation;

const ROW = /^\s*\|(.*)\|\s*$/;
const RULE = /^[\s|:-]+$/; // the line between heading and body, in Markdown
const CITATION = /^(《.+》)(?:（([^（）]*)）)?([^》]*)：$/;

/* `cited`: lines that head a quotation are known as such. */
export function blocks(text: string, cited = false): Block[] {
  const result: Block[] = [];
  let rows: Piece[][] = [];
  let start = 0;
  let afterBlank = true;
  const endTable = () => {
    if (rows.length > 1) result.push({ kind: 'table', head: rows[0], rows: rows.slice(1) });
    else if (rows.length === 1) result.push(...rows[0].map(asLine)); // a heading of nothing
    rows = [];
  };
  for (const line of text.split('\n')) {
    const citation = cited && afterBlank ? CITATION.exec(line.trim()) : null;
    if (ROW.test(line)) {
      if (!RULE.test(line)) rows.push(cells(line, start));
    } else {
      endTable();
      if (citation) result.push(asCitation(citation));
      else if (line.trim() !== '') result.push({ kind: 'line', text: line, start });
    }
    afterBlank = line.trim() === '';
    start += line.length + 1;
  }
  endTable();
  return result;
}

function asLine(piece: Piece): Block {
  return { kind: 'line', ...piece };
}

function asCitation([, title, number, label]: RegExpExecArray): Citation {
  return { kind: 'citation', title, number: number ?? '', label };
}

function cells(line: string, start: number): Piece[] {
  const first = line.indexOf('|') + 1;
  const last = line.lastIndexOf('|');
  const result: Piece[] = [];
  let at = first;
  for (const cell of line.slice(first, last).split('|')) {
    const text = cell.trim();
    result.push({ text, start: start + at + cell.indexOf(text) });
    at += cell.length + 1;
  }
  return result;
}

/* The same for where there is no layout: each row of a table on one line, its cells named. */
export function plainText(text: string): string {
  if (!text.includes('|')) return text;
  const lines: string[] = [];
  for (const block of blocks(text)) {
    if (block.kind === 'line') lines.push(block.text);
    else if (block.kind === 'table') lines.push(...block.rows.map((row) => named(block.head, row)));
  }
  return lines.join('\n');
}

function named(head: Piece[], row: Piece[]): string {
  const words = row.map((cell, i) => {
    const name = head[i]?.text;
    return cell.text && name ? `${name}：${cell.text}` : cell.text;
  });
  return words.filter(Boolean).join('；');
}
