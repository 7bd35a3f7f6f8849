/* Words shown for the values of the API, and dates as an official writes them. */

import type { EntryKind, Kind, Status } from '../api/types';

export const KIND_TITLE: Record<Kind, string> = {
  reviewed: '已审核答复',
  quoted: '依据原文摘录',
  clarify: '请您确认一点',
  refused: '没有找到可靠依据',
};

export const KIND_NOTE: Record<Kind, string> = {
  reviewed: '由主管部门审核发布，原文照录',
  quoted: '暂无现成答复，以下为现行文件原文',
  clarify: '不同情况规定不同，选一项即可继续',
  refused: '为避免误导，不作推测性回答',
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
};

export function dateWord(iso: string | undefined): string {
  const match = /^(\d{4})-(\d{2})-(\d{2})/.exec(iso ?? '');
  return match ? `${match[1]}年${Number(match[2])}月${Number(match[3])}日` : (iso ?? '');
}

/* 《…》 once, whether the title already carries the marks or not. */
export function bookTitle(title: string): string {
  return title.startsWith('《') ? title : `《${title}》`;
}

export function charCount(text: string): number {
  return Array.from(text).length;
}
