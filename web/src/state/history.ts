/* Past dialogues, on this device only. A list of heads under one name, and each dialogue under a name
 * of its own, so that opening the page reads little. The oldest goes when there are too many or the
 * device is full. On a public device, or where it is switched off, nothing is kept. */

import { readonly, ref } from 'vue';

import type { Answer } from '../api/types';
import { keep, keptNames, readKept, readKeptJson } from './device';
import { useMode } from './mode';

const HEADS = 'history';
const BODY = 'dialogue.';
const KEPT_MAX = 40;
const TITLE_CHARS_MAX = 60;

export interface KeptTurn {
  shown: string;
  question: string;
  answer: Answer;
  vote: boolean | null;
}

export interface KeptHead {
  key: string;
  /* what the server knows the dialogue by; its owner alone may have it */
  secret: string;
  title: string;
  region: string;
  at: number; // ms, of the last answer
  count: number;
}

export interface Kept {
  head: KeptHead;
  turns: KeptTurn[];
}

const { publicDevice, setPublic } = useMode();
const heads = ref<KeptHead[]>(publicDevice.value ? [] : (readKeptJson<KeptHead[]>(HEADS) ?? []));
const on = ref(readKept('history.off') !== '1');

function keeping(): boolean {
  return on.value && !publicDevice.value;
}

function saveHeads(): boolean {
  return keep(HEADS, heads.value.length > 0 ? JSON.stringify(heads.value) : '');
}

/* Keeps the dialogue as it is now; its own title, if the citizen gave it one, stays. */
function keepDialogue(head: KeptHead, turns: KeptTurn[]): void {
  if (!keeping() || turns.length === 0) return;
  const known = heads.value.find((item) => item.key === head.key);
  const title = known?.title ?? head.title.slice(0, TITLE_CHARS_MAX);
  heads.value = [{ ...head, title }, ...heads.value.filter((item) => item.key !== head.key)];
  while (heads.value.length > KEPT_MAX) drop(heads.value[heads.value.length - 1].key);
  const body = JSON.stringify(turns);
  while (!keep(BODY + head.key, body) || !saveHeads()) {
    drop(heads.value[heads.value.length - 1]?.key ?? head.key);
    if (!heads.value.some((item) => item.key === head.key)) return; // larger than the device
  }
}

function drop(key: string): void {
  keep(BODY + key, '');
  heads.value = heads.value.filter((item) => item.key !== key);
}

function load(key: string): KeptTurn[] {
  return readKeptJson<KeptTurn[]>(BODY + key) ?? [];
}

function rename(key: string, title: string): void {
  const words = title.trim().slice(0, TITLE_CHARS_MAX);
  if (words === '') return;
  heads.value = heads.value.map((item) => (item.key === key ? { ...item, title: words } : item));
  saveHeads();
}

/* Takes them away and hands them over, so that it can be undone while the caller has them. */
function remove(keys: readonly string[]): Kept[] {
  const gone = heads.value
    .filter((head) => keys.includes(head.key))
    .map((head) => ({ head, turns: load(head.key) }));
  for (const key of keys) drop(key);
  saveHeads();
  return gone;
}

function putBack(list: readonly Kept[]): void {
  for (const { head, turns } of list) {
    if (!keep(BODY + head.key, JSON.stringify(turns))) continue;
    heads.value.push(head);
  }
  heads.value.sort((a, b) => b.at - a.at);
  saveHeads();
}

/* For good: also what an interrupted page may have left. */
function wipe(): void {
  for (const name of keptNames(BODY)) keep(name, '');
  heads.value = [];
  saveHeads();
}

function setOn(value: boolean): void {
  on.value = value;
  keep('history.off', value ? '' : '1');
}

/* A public device keeps nothing, and nothing of what it kept before. */
function makePublic(value: boolean): void {
  setPublic(value);
  if (value) wipe();
}

if (publicDevice.value) wipe();
// another page of the same browser has added or taken away
window.addEventListener('storage', (event) => {
  if (event.key === null || event.key === `xz.${HEADS}`)
    heads.value = readKeptJson<KeptHead[]>(HEADS) ?? [];
});

export function useHistory() {
  return {
    heads: readonly(heads),
    on: readonly(on),
    keeping,
    keepDialogue,
    load,
    rename,
    remove,
    putBack,
    setOn,
    makePublic,
  };
}
