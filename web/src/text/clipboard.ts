import type { Answer } from '../api/types';
import { plainText } from './blocks';
import { bookTitle, dateWord, KIND_TITLE, STATUS_WORD } from './words';

/* The answer as text to carry elsewhere. Its label and sources go with it, always. */
export function answerAsText(question: string, answer: Answer, platform: string): string {
  const lines = [`问：${question}`, '', `【${KIND_TITLE[answer.kind]}】`, plainText(answer.answer)];
  if (answer.sources.length > 0) lines.push('', '出处：');
  for (const source of answer.sources) {
    const status =
      source.status && source.status !== 'current' ? `（${STATUS_WORD[source.status]}）` : '';
    const page = source.page ? `第${source.page}页` : '';
    const name = [bookTitle(source.title), source.number, source.label, page]
      .filter(Boolean)
      .join(' ');
    lines.push(`${source.n}. ${name}${status}`);
  }
  lines.push('', answer.label);
  const valid =
    answer.valid_on && answer.sources.length > 0 ? `，内容核对至${dateWord(answer.valid_on)}` : '';
  lines.push(`来自：${platform}${valid}`);
  return lines.join('\n');
}

/* The clipboard API exists only on https and localhost; halls often run plain http inside. */
export async function copyText(text: string): Promise<boolean> {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // permission refused: the old way below may still work
    }
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.className = 'sr-only';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}
