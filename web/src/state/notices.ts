/* The notices in force for the citizen's region. The server orders them: most severe first. */

import { readonly, ref, watch } from 'vue';

import { getJson } from '../api/http';
import type { Notice } from '../api/types';
import { useSite } from './site';

const AGAIN_MS = 5 * 60_000;

/* The word stands beside the colour, always. */
const LEVELS: Record<string, { tone: string; word: string }> = {
  red: { tone: 'red', word: '红色' },
  orange: { tone: 'orange', word: '橙色' },
  yellow: { tone: 'yellow', word: '黄色' },
  blue: { tone: 'blue', word: '蓝色' },
  红: { tone: 'red', word: '红色' },
  橙: { tone: 'orange', word: '橙色' },
  黄: { tone: 'yellow', word: '黄色' },
  蓝: { tone: 'blue', word: '蓝色' },
};

export function levelOf(notice: { level: string; level_name?: string }) {
  return (
    LEVELS[notice.level] ??
    LEVELS[notice.level_name ?? ''] ?? { tone: 'plain', word: notice.level_name || '公告' }
  );
}

const notices = ref<Notice[]>([]);
let started = false;

async function load(): Promise<void> {
  try {
    const { chosenRegion } = useSite();
    const found = await getJson<{ notices: Notice[] }>('/api/notices', {
      region: chosenRegion.value,
    });
    notices.value = found.notices;
  } catch {
    // without the server those that are known stay, each with its time of expiry
  }
  const now = Date.now();
  notices.value = notices.value.filter((notice) => notice.expires_at > now);
}

/* Begins once, with the page; looks again every few minutes and when the region changes. */
export function useNotices() {
  if (!started) {
    started = true;
    const { chosenRegion } = useSite();
    void load();
    watch(chosenRegion, load);
    window.setInterval(() => void load(), AGAIN_MS);
  }
  return { notices: readonly(notices) };
}
