type Message = string | ((...args: never[]) => string);
type Catalog = Record<string, Message>;

type Arguments<M> = M extends (...args: infer A) => string ? A : [];

/**
 * Makes the `t` of one catalog of visible texts: `t('save')`, or `t('rows', 3)` where the text depends on values.
 *
 * Keys and arguments are checked by the compiler, so a missing text cannot reach the screen. Another language is
 * another object of the same type.
 */
export function defineWords<C extends Catalog>(catalog: C) {
  return function t<K extends keyof C>(key: K, ...args: Arguments<C[K]>): string {
    const message: Message | undefined = catalog[key];
    if (typeof message === 'function') {
      return (message as (...values: unknown[]) => string)(...args);
    }
    return message ?? String(key);
  };
}

/** `1 row`, `1,204 rows`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${formatNumber(n)} ${n === 1 ? one : many}`;
}

const plain = new Intl.NumberFormat('en-GB');
const short = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

/** `336,776` */
export function formatNumber(n: number): string {
  return plain.format(n);
}

/** `337K`, for places where the size matters and the last digit does not. */
export function formatCompact(n: number): string {
  return short.format(n);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(parts: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(parts);
}
