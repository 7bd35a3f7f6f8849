/* Personal data that citizens type without need: told by form, on the device, before anything is sent.
 * Public telephone numbers (12345, 0999-6210333) are none. */

export interface Personal {
  word: string;
  start: number;
  length: number;
}

const FORMS: { word: string; form: RegExp; fits?: (text: string) => boolean }[] = [
  { word: '身份证号', form: /[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{5}[\dXx]/, fits: alone },
  { word: '身份证号', form: /[1-9]\d{7}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}/, fits: alone },
  { word: '银行卡号', form: /(?:[3-6]\d{3})(?:[ -]?\d{4}){2,3}[ -]?\d{1,4}/, fits: isCard },
  { word: '手机号', form: /(?:\+?86[- ]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}/ },
  { word: '电子邮箱', form: /[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/ },
  { word: '护照或通行证号', form: /[EeGgDdPpHhMmCc]\d{8,9}/ },
];

function alone(text: string): boolean {
  return text.length === 15 || text.length === 18;
}

/* The check digit of a card (Luhn), so that an order number is not taken for one. */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (digits.length < 15 || digits.length > 19) return false;
  const sum = Array.from(digits)
    .reverse()
    .map((digit, i) => (i % 2 ? [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][Number(digit)] : Number(digit)))
    .reduce((all, digit) => all + digit, 0);
  return sum % 10 === 0;
}

const CONTINUES = /[A-Za-z0-9]/;

/* In the order of the text, none overlapping another. */
export function personalData(text: string): Personal[] {
  const found: Personal[] = [];
  for (const { word, form, fits } of FORMS) {
    const finder = new RegExp(form.source, 'g');
    for (let match = finder.exec(text); match; match = finder.exec(text)) {
      const [words] = match;
      const start = match.index;
      const end = start + words.length;
      const within = CONTINUES.test(text.charAt(start - 1)) || CONTINUES.test(text.charAt(end));
      const taken = found.some((item) => start < item.start + item.length && item.start < end);
      if (within || taken || (fits && !fits(words))) continue;
      found.push({ word, start, length: words.length });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

export function withoutPersonal(text: string): string {
  let result = text;
  for (const { start, length } of personalData(text).reverse())
    result = result.slice(0, start) + result.slice(start + length);
  return result.trim();
}

/* 身份证号、手机号: each once. */
export function personalWords(found: readonly Personal[]): string {
  return Array.from(new Set(found.map((item) => item.word))).join('、');
}
