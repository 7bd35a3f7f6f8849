/* Which materials of which guide the citizen has ready. Like the visit, it leaves with the page. */

import { reactive } from 'vue';

const byEntry = new Map<number, Set<string>>();

export function ticksOf(entry: number): Set<string> {
  const known = byEntry.get(entry);
  if (known) return known;
  const ticks = reactive(new Set<string>());
  byEntry.set(entry, ticks);
  return ticks;
}

export function clearTicks(): void {
  byEntry.forEach((ticks) => ticks.clear());
}
