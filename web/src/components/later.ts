/* Views and parts that the first question does not need: fetched when they are shown, and once more
 * when the line was bad. */

import { defineAsyncComponent, type Component } from 'vue';

const LOAD_TRIES = 3;

export function later(loader: () => Promise<{ default: Component }>): Component {
  return defineAsyncComponent({
    loader,
    onError(_error, retry, fail, tries) {
      if (tries < LOAD_TRIES) window.setTimeout(retry, 1000 * tries);
      else fail();
    },
  });
}
