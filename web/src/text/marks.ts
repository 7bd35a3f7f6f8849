import type { Mark, Source } from '../api/types';

export interface Segment {
  text: string;
  marked: boolean;
}

/* Cuts the text at its marks. Marks may overlap, be unsorted or reach beyond the text. */
export function segments(text: string, marks: readonly Mark[] = []): Segment[] {
  const sorted = marks
    .map(([start, length]) => [Math.max(0, start), Math.min(text.length, start + length)] as const)
    .filter(([start, end]) => end > start)
    .sort((a, b) => a[0] - b[0]);
  const result: Segment[] = [];
  let at = 0;
  for (const [start, end] of sorted) {
    if (end <= at) continue;
    const from = Math.max(at, start);
    if (from > at) result.push({ text: text.slice(at, from), marked: false });
    result.push({ text: text.slice(from, end), marked: true });
    at = end;
  }
  if (at < text.length || result.length === 0) result.push({ text: text.slice(at), marked: false });
  return result;
}

/* The marks as they lie in a text that begins `by` code units earlier. */
export function shifted(marks: readonly Mark[], by: number): Mark[] {
  return by === 0 ? [...marks] : marks.map(([start, length]) => [start + by, length]);
}

/* True if the answer gives the source's words in full, so that they need not be shown twice. */
export function isQuoted(answer: string, source: Source): boolean {
  const words = source.text.trim();
  return words !== '' && answer.includes(words);
}

/* The marks of the sources, in the answer that quotes them. */
export function answerMarks(answer: string, sources: readonly Source[]): Mark[] {
  const result: Mark[] = [];
  for (const source of sources) {
    const at = source.text ? answer.indexOf(source.text) : -1;
    if (at >= 0) result.push(...shifted(source.marks ?? [], at));
  }
  return result;
}
