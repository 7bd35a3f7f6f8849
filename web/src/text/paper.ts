/* Prints one element alone: everything that does not hold it is left off the paper. */

const LEFT_OFF = 'print-not';

export function printOnly(element: HTMLElement): void {
  const left: Element[] = [];
  for (let at: Element = element; at !== document.body && at.parentElement; at = at.parentElement)
    for (const other of Array.from(at.parentElement.children)) if (other !== at) left.push(other);
  const marked = left.filter((other) => !other.classList.contains(LEFT_OFF));
  for (const other of marked) other.classList.add(LEFT_OFF);
  element.classList.add('print-this');
  window.print();
  element.classList.remove('print-this');
  for (const other of marked) other.classList.remove(LEFT_OFF);
}
