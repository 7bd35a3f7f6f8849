/* Which answer a complaint is about, from the answer to the form. */

import { readonly, ref } from 'vue';

import type { Turn } from './dialogue';

export interface Subject {
  turn: number;
  dialogue: string;
  shown: string;
}

const subject = ref<Subject | null>(null);

export function complainAbout(turn: Turn | null): void {
  subject.value = turn?.answer
    ? { turn: turn.answer.turn, dialogue: turn.answer.dialogue, shown: turn.shown }
    : null;
  if (turn) location.hash = '#/complain';
}

export function useComplaint() {
  return { subject: readonly(subject), without: () => complainAbout(null) };
}
