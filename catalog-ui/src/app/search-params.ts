import { parseSearchWith, stringifySearchWith } from '@tanstack/react-router';

/** Search parameters stay what they are in the address: text. `?q=2013` is not a number. */
export const parseSearch = parseSearchWith((text) => text);
export const stringifySearch = stringifySearchWith((value) => String(value));

/** Keeps the named parameters that are non-empty texts; anything else in the address is dropped. */
export function texts<K extends string>(...names: K[]) {
  return (search: Record<string, unknown>): Partial<Record<K, string>> => {
    const kept: Partial<Record<K, string>> = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === 'string' && value !== '') kept[name] = value;
      else if (typeof value === 'number' || typeof value === 'boolean') kept[name] = String(value);
    }
    return kept;
  };
}
