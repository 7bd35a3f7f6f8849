import type { Mark } from '../api/types';

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
