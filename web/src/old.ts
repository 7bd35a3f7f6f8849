/* What the page uses and browsers of 2018 lack (Chromium 64 to 69, Safari before 12). Only as much of
 * each as is used here; imported before anything else. */

if (!Array.prototype.flatMap) {
  Object.defineProperty(Array.prototype, 'flatMap', {
    configurable: true,
    writable: true,
    value(this: unknown[], pick: (item: unknown, index: number) => unknown) {
      return ([] as unknown[]).concat(...this.map((item, index) => pick(item, index)));
    },
  });
}

/* Ends what waits for it; the request itself runs on unseen, for such a browser cannot cut it off. */
if (typeof AbortController === 'undefined') {
  class Signal extends EventTarget {
    aborted = false;
  }
  class Controller {
    readonly signal = new Signal();
    abort(): void {
      if (this.signal.aborted) return;
      this.signal.aborted = true;
      this.signal.dispatchEvent(new Event('abort'));
    }
  }
  Object.defineProperty(window, 'AbortController', { configurable: true, value: Controller });
}

export {};
