/* The citizen's word that what he typed may be sent although it looks like personal data. Given per
 * sending; when it was last given stays on the device, so that he can see and take it back. */

import { readonly, ref } from 'vue';

import { keep, readKept } from './device';
import { useMode } from './mode';

const { publicDevice } = useMode();
const givenAt = ref(Number(readKept('consent')) || 0);

function give(): void {
  givenAt.value = Date.now();
  if (!publicDevice.value) keep('consent', String(givenAt.value));
}

function takeBack(): void {
  givenAt.value = 0;
  keep('consent', '');
}

export function useConsent() {
  return { givenAt: readonly(givenAt), give, takeBack };
}
