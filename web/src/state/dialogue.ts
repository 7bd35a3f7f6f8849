/* The questions of this visit and their answers. A dialogue is a run of turns that the server knows
 * by one id; several may follow each other in one visit. What outlives the page is history.ts's matter. */

import { computed, reactive, ref } from 'vue';

import { ask } from '../api/ask';
import { ApiError, isAbort, request } from '../api/http';
import type { Answer, Kind, Option, Source } from '../api/types';
import { plainText } from '../text/blocks';
import { KIND_TITLE } from '../text/words';
import { useHistory, type KeptHead } from './history';
import { useSite } from './site';
import { clearTicks } from './ticks';

const SPOKEN_CHARS_MAX = 200;

export type Phase = 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed';

export interface Turn {
  key: number;
  dialogue: number;
  /* what the citizen said or picked, and what is asked of the server for it */
  shown: string;
  question: string;
  phase: Phase;
  status: string;
  kind: Kind | null;
  text: string;
  sources: Source[];
  answer: Answer | null;
  error: ApiError | null;
  vote: boolean | null;
}

const turns = reactive<Turn[]>([]);
const current = ref(1);
const dialogueIds = new Map<number, string>();
/* the names under which this device keeps the dialogues of this visit */
const keptAs = new Map<number, string>();
const history = useHistory();
const announcement = ref('');
let abort: AbortController | null = null;
let nextKey = 1;

const visible = computed(() => turns.filter((turn) => turn.dialogue === current.value));
const active = computed(() =>
  turns.find((turn) => turn.phase === 'waiting' || turn.phase === 'streaming'),
);

function send(question: string, shown = question): void {
  stop();
  turns.push({
    key: nextKey++,
    dialogue: current.value,
    shown,
    question,
    ...blank(),
  });
  void run(turns[turns.length - 1]);
}

function blank() {
  return {
    phase: 'waiting' as Phase,
    status: '正在提交问题…',
    kind: null,
    text: '',
    sources: [],
    answer: null,
    error: null,
    vote: null,
  };
}

/* Asks the same question again, in the same place. */
function retry(turn: Turn): void {
  stop();
  Object.assign(turn, blank());
  void run(turn);
}

async function run(turn: Turn): Promise<void> {
  const controller = new AbortController();
  abort = controller;
  announcement.value = '问题已提交';
  try {
    finish(turn, await askInDialogue(turn, controller.signal));
  } catch (error) {
    fail(turn, error);
  } finally {
    if (abort === controller) abort = null;
  }
}

async function askInDialogue(turn: Turn, signal: AbortSignal): Promise<Answer> {
  const { chosenRegion } = useSite();
  const region = chosenRegion.value || undefined;
  const dialogue = dialogueIds.get(turn.dialogue);
  try {
    return await ask({ question: turn.question, dialogue, region }, handlersOf(turn), signal);
  } catch (error) {
    const ended = error instanceof ApiError && error.trouble === 'missing' && dialogue;
    if (!ended || turn.text !== '') throw error;
    // the server keeps a dialogue only so long; the question itself need not be lost
    dialogueIds.delete(turn.dialogue);
    return ask({ question: turn.question, region }, handlersOf(turn), signal);
  }
}

function handlersOf(turn: Turn) {
  return {
    onStatus(status: { dialogue: string; text: string }) {
      if (status.dialogue) dialogueIds.set(turn.dialogue, status.dialogue);
      turn.status = status.text;
      announcement.value = status.text;
    },
    onText(kind: Kind, text: string) {
      turn.phase = 'streaming';
      turn.kind = kind;
      turn.text += text;
    },
    onSource(source: Source) {
      turn.sources.push(source);
    },
    onReconnect() {
      turn.status = '网络中断，正在重新接上…';
      announcement.value = turn.status;
    },
  };
}

function finish(turn: Turn, answer: Answer): void {
  dialogueIds.set(turn.dialogue, answer.dialogue);
  turn.answer = answer;
  turn.kind = answer.kind;
  turn.text = answer.answer;
  turn.sources = answer.sources;
  turn.phase = 'done';
  announcement.value = spoken(answer);
  remember(turn.dialogue);
  const { siteProblem, loadSite } = useSite();
  if (siteProblem.value) void loadSite(); // the server is back
}

/* Keeps the dialogue, if this device may keep it. */
function remember(dialogue: number): void {
  const done = turns.filter((turn) => turn.dialogue === dialogue && turn.answer);
  if (done.length === 0) return;
  const key = keptAs.get(dialogue) ?? newKey();
  keptAs.set(dialogue, key);
  const head: KeptHead = {
    key,
    secret: dialogueIds.get(dialogue) ?? '',
    title: done[0].shown,
    region: useSite().regionPath.value.join(' · '),
    at: Date.now(),
    count: done.length,
  };
  history.keepDialogue(
    head,
    done.map(({ shown, question, answer, vote }) => ({ shown, question, answer: answer!, vote })),
  );
}

function newKey(): string {
  return Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
}

/* Takes up a dialogue of an earlier visit where it ended. */
function openKept(head: KeptHead): void {
  stop();
  const open = Array.from(keptAs).find(([, key]) => key === head.key);
  if (open && turns.some((turn) => turn.dialogue === open[0])) {
    current.value = open[0];
    return;
  }
  const dialogue = nextDialogue();
  for (const { shown, question, answer, vote } of history.load(head.key))
    turns.push({
      ...blank(),
      key: nextKey++,
      dialogue,
      shown,
      question,
      phase: 'done',
      kind: answer.kind,
      text: answer.answer,
      sources: answer.sources,
      answer,
      vote,
    });
  keptAs.set(dialogue, head.key);
  dialogueIds.set(dialogue, head.secret);
  current.value = dialogue;
}

/* Takes the dialogue out of this visit too, after it was taken out of the history. */
function forget(key: string): void {
  for (const [dialogue, kept] of Array.from(keptAs)) {
    if (kept !== key) continue;
    if (active.value?.dialogue === dialogue) stop();
    for (let i = turns.length - 1; i >= 0; i--)
      if (turns[i].dialogue === dialogue) turns.splice(i, 1);
    keptAs.delete(dialogue);
    dialogueIds.delete(dialogue);
  }
}

function nextDialogue(): number {
  return Math.max(0, ...turns.map((turn) => turn.dialogue), ...Array.from(keptAs.keys())) + 1;
}

/* A short answer is read out; of a long one the first line, so that nobody must sit through it. */
function spoken(answer: Answer): string {
  const text = plainText(answer.answer).trim();
  const first = text.length > SPOKEN_CHARS_MAX ? `${text.split('\n')[0]}……` : text;
  const choices = (answer.options ?? []).map((option) => option.label).join('、');
  const count = answer.sources.length;
  const parts = [
    `答复完毕：${KIND_TITLE[answer.kind]}`,
    first.replace(/[。：]$/, ''),
    choices && `可选：${choices}`,
    count > 0 && `附${count}处出处`,
  ];
  return parts.filter(Boolean).join('。');
}

function fail(turn: Turn, error: unknown): void {
  if (isAbort(error)) {
    turn.phase = 'stopped';
    announcement.value = '已停止';
    return;
  }
  turn.phase = 'failed';
  turn.error =
    error instanceof ApiError ? error : new ApiError('broken', '页面出了问题，请刷新后重试。');
  announcement.value = turn.error.message;
}

function stop(): void {
  abort?.abort();
  abort = null;
}

/* Picks one of the answers to a question back, or one of the nearest questions. */
function pick(turn: Turn, option: Option): void {
  if (option.region) useSite().chooseRegion(option.region);
  const asked = turn.answer?.question_as_understood || turn.question;
  send(option.question ?? asked, option.label);
}

function startNew(): void {
  stop();
  if (visible.value.length > 0) current.value = nextDialogue();
  announcement.value = '已开始新的提问';
}

function reopen(turn: Turn): void {
  current.value = turn.dialogue;
}

function clearVisit(): void {
  stop();
  history.remove(Array.from(keptAs.values()));
  keptAs.clear();
  turns.splice(0);
  clearTicks();
  dialogueIds.clear();
  current.value = 1;
  announcement.value = '本次访问的记录已清空';
}

async function vote(turn: Turn, useful: boolean, comment?: string): Promise<void> {
  if (!turn.answer) return;
  await request(`/api/turns/${turn.answer.turn}/feedback`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ dialogue: turn.answer.dialogue, useful, comment }),
  });
  turn.vote = useful;
  remember(turn.dialogue);
}

export function useDialogue() {
  return {
    turns,
    visible,
    active,
    announcement,
    send,
    retry,
    stop,
    pick,
    startNew,
    reopen,
    openKept,
    forget,
    clearVisit,
    vote,
  };
}
