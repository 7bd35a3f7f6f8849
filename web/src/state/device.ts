/* What this device keeps for the citizen, by name. Storage may be switched off or full: then what was
 * chosen lives as long as the page. */

const PREFIX = 'xz.';

export function readKept(name: string): string {
  try {
    return localStorage.getItem(PREFIX + name) ?? '';
  } catch {
    return '';
  }
}

/* '' takes the name away. False: the device did not take it. */
export function keep(name: string, value: string): boolean {
  try {
    if (value === '') localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
    return true;
  } catch {
    return false;
  }
}

export function readKeptJson<T>(name: string): T | null {
  try {
    return JSON.parse(readKept(name) || 'null') as T | null;
  } catch {
    return null; // written by another version, or by hand
  }
}

/* Names that begin so. */
export function keptNames(start: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX + start))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}
