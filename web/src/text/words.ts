/* Words shown for the values of the API, and dates as an official writes them. */

import type { EntryKind, Kind, Status } from '../api/types';

export const KIND_TITLE: Record<Kind, string> = {
  reviewed: '已审核答复',
  quoted: '依据原文摘录',
  clarify: '请您确认一点',
  refused: '没有找到可靠依据',
  notice: '正在生效的公告',
};

export const KIND_NOTE: Record<Kind, string> = {
  reviewed: '由主管部门审核发布，原文照录',
  quoted: '暂无现成答复，以下为现行文件原文',
  clarify: '不同情况规定不同，选一项即可继续',
  refused: '为避免误导，不作推测性回答',
  notice: '由发布机关发布，原文照录',
};

export const STATUS_WORD: Record<Status, string> = {
  current: '现行有效',
  superseded: '已被替代',
  expired: '已失效',
  not_yet: '尚未施行',
};

export const ENTRY_WORD: Record<EntryKind, string> = {
  law: '法律法规',
  policy: '政策文件',
  guide: '办事指南',
  answer: '审核问答',
  notice: '公告',
};

export function dateWord(iso: string | undefined): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(iso ?? '');
  return match ? `${match[1]}年${Number(match[2])}月${Number(match[3])}日` : (iso ?? '');
}

/* 《…》 once, whether the title already carries the marks or not. */
export function bookTitle(title: string): string {
  return title.startsWith('《') ? title : `《${title}》`;
}

/* 2026年11月20日 08:00, by the clock of Beijing wherever the page is opened. */
export function momentWord(ms: number): string {
  const at = new Date(ms + 8 * 3600_000);
  const two = (n: number) => String(n).padStart(2, '0');
  return (
    `${at.getUTCFullYear()}年${at.getUTCMonth() + 1}月${at.getUTCDate()}日 ` +
    `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`
  );
}

/* -1 is 地下一层. */
export function floorWord(floor: number): string {
  const digits = '零一二三四五六七八九十';
  const n = Math.abs(floor);
  const word = n <= 10 ? digits[n] : String(n);
  return floor < 0 ? `地下${word}层` : `${word}层`;
}

export function charCount(text: string): number {
  return Array.from(text).length;
}
