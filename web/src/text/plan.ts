/* The words inside a box of a floor plan: cut into lines that fit, in the largest print that does. */

const SIZES = [26, 22, 19, 16];
const LINE = 1.2;
const PADDING = 6;
const NUMBER = /^[A-Z]?\d/;

/* Of one character, in its own height. */
function widthOf(char: string): number {
  return /[\u2e80-\uffff—]/.test(char) ? 1 : 0.66;
}

function cut(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const char of text) {
    const wide = widthOf(char);
    if (used + wide > width && line !== '') {
      lines.push(line);
      line = '';
      used = 0;
    }
    line += char;
    used += wide;
  }
  return line === '' ? lines : [...lines, line];
}

/* A counter's number stands on a line of its own: A01—A04 / 窗口. */
function phrases(name: string): string[] {
  return name.split(/(?=（)|([A-Z0-9—、]+)(?=窗口)/).filter(Boolean);
}

export function planLabel(name: string, width: number, height: number) {
  for (const size of SIZES) {
    const wide = Math.max(1, (width - PADDING) / size);
    const pieces = phrases(name).map((phrase) => cut(phrase, wide));
    const lines = pieces.flatMap((piece) => piece);
    const numberCut = pieces.some((piece) => piece.length > 1 && NUMBER.test(piece[0]));
    if (!numberCut && lines.length * size * LINE <= height - PADDING / 2) return { size, lines };
  }
  const size = SIZES[SIZES.length - 1];
  const wide = Math.max(1, (width - PADDING) / size);
  const room = Math.max(1, Math.floor(height / (size * LINE)));
  return { size, lines: cut(name, wide).slice(0, room) };
}
