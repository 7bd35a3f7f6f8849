/* Finds telephone numbers and web addresses in plain text, so that they can be tapped. */

export interface Part {
  text: string;
  href?: string;
}

// the national lines: citizens' service, social security, tax, consumers, housing fund, …
const HOTLINES =
  '12345|12306|12315|12318|12320|12328|12329|12333|12348|12355|12366|12367|12369|12380|12388|12389|12393';
// no look-behind: browsers of before 2023 would refuse the whole script
const LINK = new RegExp(
  "(https?:\\/\\/[A-Za-z0-9\\-._~:/?#[\\]@!$&'()*+,;=%]+)|" +
    `(0\\d{2,3}-\\d{5,8}|1[3-9]\\d{9}|400-?\\d{3}-?\\d{4}|${HOTLINES})(?![\\d-])(?!元)`,
);

export function parts(text: string): Part[] {
  const result: Part[] = [];
  let at = 0;
  const finder = new RegExp(LINK.source, 'g'); // its own place in the text
  for (let match = finder.exec(text); match; match = finder.exec(text)) {
    const start = match.index;
    // the tail of a longer number is no telephone number
    if (match[2] && /[\d-]/.test(text.charAt(start - 1))) continue;
    if (start > at) result.push({ text: text.slice(at, start) });
    const href = match[1] ?? `tel:${match[2].replace(/-/g, '')}`;
    result.push({ text: match[0], href });
    at = start + match[0].length;
  }
  if (at < text.length) result.push({ text: text.slice(at) });
  return result;
}
