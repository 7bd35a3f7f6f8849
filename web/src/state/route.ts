/* Routing by the hash: #/ (ask), #/search?q=… , #/entry/12/345 (the reader, over the view below it). */

import { computed, readonly, ref } from 'vue';

import type { Mark, Source } from '../api/types';

export interface ReaderTarget {
  entry: number;
  clause: number | null;
}

type View = 'ask' | 'search';

const hash = ref(location.hash);
const view = ref<View>('ask');
/* true when the reader was opened from this page, so that closing is one step back */
let openedHere = false;
const marks = new Map<number, Mark[]>();

function read(): void {
  hash.value = location.hash;
  if (!hash.value.startsWith('#/entry/')) openedHere = false;
  if (hash.value.startsWith('#/search')) view.value = 'search';
  else if (!hash.value.startsWith('#/entry/')) view.value = 'ask';
}

window.addEventListener('hashchange', read);
read();

const reader = computed<ReaderTarget | null>(() => {
  const match = /^#\/entry\/(\d+)(?:\/(\d+))?$/.exec(hash.value);
  return match ? { entry: Number(match[1]), clause: match[2] ? Number(match[2]) : null } : null;
});

const query = computed(() => new URLSearchParams(hash.value.split('?')[1] ?? ''));

function baseHash(): string {
  return view.value === 'search' ? '#/search' : '#/';
}

function openSource(source: Source): void {
  if (source.clause !== null && source.marks) marks.set(source.clause, source.marks);
  openEntry(source.entry, source.clause);
}

function openEntry(entry: number, clause: number | null = null): void {
  const target = clause === null ? `#/entry/${entry}` : `#/entry/${entry}/${clause}`;
  if (reader.value) {
    // moving inside the reader: closing it stays one step
    history.replaceState(null, '', target);
    read();
  } else {
    openedHere = true;
    location.hash = target;
  }
}

function closeReader(): void {
  if (!reader.value) return;
  if (openedHere) {
    openedHere = false;
    history.back();
  } else {
    location.hash = baseHash();
  }
}

/* Replaces the address of the search view, so that it can be kept and sent on. */
function keepSearch(params: URLSearchParams): void {
  history.replaceState(null, '', `#/search?${params}`);
  read();
}

export function useRoute() {
  return {
    view: readonly(view),
    reader,
    query,
    openSource,
    openEntry,
    closeReader,
    keepSearch,
    marksOf: (clause: number): Mark[] => marks.get(clause) ?? [],
  };
}
