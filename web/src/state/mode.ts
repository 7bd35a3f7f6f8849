/* How the page serves on this device: the elders' edition with its print size, and the public device
 * (a terminal in a hall), which keeps nothing. Links may set both: ?mode=elder, ?mode=standard,
 * ?public=1, ?public=0. */

import { readonly, ref, watchEffect } from 'vue';

import { keep, readKept } from './device';

export const PRINT_STEPS = [
  { step: 1, name: '大' },
  { step: 2, name: '更大' },
  { step: 3, name: '特大' },
] as const;

const link = new URLSearchParams(location.search);
const elder = ref(readKept('mode') === 'elder');
const step = ref(stepOf(readKept('print')));
const publicDevice = ref(readKept('public') === '1');

if (link.has('mode')) setElder(link.get('mode') === 'elder');
if (link.has('public')) setPublic(link.get('public') === '1');

watchEffect(() => {
  const root = document.documentElement.classList;
  root.toggle('elder', elder.value);
  for (const { step: n } of PRINT_STEPS) root.toggle(`elder-${n}`, elder.value && step.value === n);
});

function stepOf(kept: string): number {
  const n = Number(kept);
  return PRINT_STEPS.some((item) => item.step === n) ? n : 1;
}

function setElder(on: boolean): void {
  elder.value = on;
  keep('mode', on ? 'elder' : '');
}

function setStep(n: number): void {
  step.value = stepOf(String(n));
  keep('print', step.value === 1 ? '' : String(step.value));
}

function setPublic(on: boolean): void {
  publicDevice.value = on;
  keep('public', on ? '1' : '');
}

export function useMode() {
  return {
    elder: readonly(elder),
    step: readonly(step),
    publicDevice: readonly(publicDevice),
    setElder,
    setStep,
    setPublic,
  };
}
