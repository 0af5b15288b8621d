import type { View } from '@/features/lineage/explorer';

/** The explorer's part of an address; all of it is text. */
export interface Address {
  focus?: string;
  hops?: string;
  up?: string;
  down?: string;
  dir?: string;
  level?: string;
  view?: string;
  col?: string;
  broken?: string;
}

const levels = ['product', 'port', 'column'] as const;
const [stepsUsual, stepsMax] = [1, 20];

/** What an address asks for; null where it does not say from where. What makes no sense is as if it were not there. */
export function viewOf(address: Address): View | null {
  const { focus } = address;
  if (focus === undefined) return null;
  const depth = focus.split('.').length;
  const own = depth <= 2 ? 'product' : depth === 3 ? 'port' : 'column';
  const hops = steps(address.hops, stepsUsual);
  const one = address.dir;
  const level = levels.find((known) => known === address.level) ?? own;
  // A column may be named by its last part, beside the port that it belongs to.
  const column = address.col && depth === 3 ? `${focus}.${address.col}` : (address.col ?? null);
  return {
    focus,
    up: one === 'down' ? 0 : steps(address.up, hops),
    down: one === 'up' ? 0 : steps(address.down, hops),
    level: address.col && address.level === undefined ? 'column' : level,
    look: address.view === 'list' || address.view === 'graph' ? address.view : usualLook(),
    column: column !== null && column.split('.').length > 3 ? column : null,
    broken: address.broken === '1',
  };
}

/** The shortest address that asks for this. */
export function addressOf(view: View): Address {
  const { focus, up, down, level, look, column, broken } = view;
  const inPort = column?.startsWith(`${focus}.`) ? column.slice(focus.length + 1) : column;
  return {
    focus,
    ...(up === down
      ? { hops: up === stepsUsual ? undefined : String(up) }
      : { up: String(up), down: String(down) }),
    level,
    view: look === usualLook() ? undefined : look,
    col: inPort ?? undefined,
    broken: broken ? '1' : undefined,
  };
}

/** A graph has no room on a narrow screen. */
function usualLook(): View['look'] {
  return matchMedia('(min-width: 40rem)').matches ? 'graph' : 'list';
}

function steps(text: string | undefined, usual: number): number {
  const found = Number(text);
  return text !== undefined && Number.isInteger(found) && found >= 0 && found <= stepsMax
    ? found
    : usual;
}
