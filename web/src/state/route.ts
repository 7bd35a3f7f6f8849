/* Routing by the hash: #/ (ask), #/search?q=… , #/hall/7?item=… , …; and #/entry/12/345, the reader,
 * which lies over the view below it. */

import { computed, onMounted, readonly, ref, type Ref } from 'vue';

import type { Mark, Source } from '../api/types';

export interface ReaderTarget {
  entry: number;
  clause: number | null;
}

/* Every view and what the browser's title says of it. */
export const VIEWS = {
  ask: '',
  search: '查文件',
  history: '历史记录',
  halls: '办事大厅',
  hall: '办事大厅',
  about: '关于本平台',
  privacy: '隐私说明',
  complain: '投诉与建议',
} as const;
export type View = keyof typeof VIEWS;

const hash = ref(location.hash);
const view = ref<View>('ask');
/* where the reader is left to */
let base = '#/';
/* true when the reader was opened from this page, so that closing is one step back */
let openedHere = false;
/* false until the first view has been left: it is where the page itself began */
let moved = false;
const marks = new Map<number, Mark[]>();

function isView(name: string): name is View {
  return Object.prototype.hasOwnProperty.call(VIEWS, name);
}

function read(): void {
  hash.value = location.hash;
  if (hash.value.startsWith('#/entry/')) return;
  openedHere = false;
  const name = /^#\/([a-z]+)/.exec(hash.value)?.[1] ?? 'ask';
  const next = isView(name) ? name : 'ask';
  if (next !== view.value) moved = true;
  view.value = next;
  base = hash.value || '#/';
}

window.addEventListener('hashchange', read);
read();
moved = false;

const reader = computed<ReaderTarget | null>(() => {
  const match = /^#\/entry\/(\d+)(?:\/(\d+))?$/.exec(hash.value);
  return match ? { entry: Number(match[1]), clause: match[2] ? Number(match[2]) : null } : null;
});

/* Of the view, also while the reader lies over it. */
const place = computed(() => (reader.value ? base : hash.value));
const query = computed(() => new URLSearchParams(place.value.split('?')[1] ?? ''));
/* the 7 of #/hall/7 */
const subject = computed(() => /^#\/[a-z]+\/([^?/]+)/.exec(place.value)?.[1] ?? '');

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
    location.hash = base;
  }
}

/* Replaces the address of the search view, so that it can be kept and sent on. */
function keepSearch(params: URLSearchParams): void {
  history.replaceState(null, '', `#/search?${params}`);
  read();
}

/* The heading of a view that was gone to takes the focus, so that keyboard and screen reader begin
 * there. Not on the page's first view: its beginning is the page's own. */
export function useArrival(heading: Readonly<Ref<HTMLElement | null>>): void {
  onMounted(() => {
    if (!moved) return;
    window.scrollTo(0, 0);
    heading.value?.focus({ preventScroll: true });
  });
}

export function useRoute() {
  return {
    view: readonly(view),
    reader,
    query,
    subject,
    openSource,
    openEntry,
    closeReader,
    keepSearch,
    marksOf: (clause: number): Mark[] => marks.get(clause) ?? [],
  };
}
