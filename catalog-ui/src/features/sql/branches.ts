import type { Column, ProductSummary } from '@/api/catalog';

/** A domain, product, port or column in the tree of names; its id is its full name. */
export interface Branch {
  id: string;
  label: string;
  kind: 'domain' | 'product' | 'port' | 'column';
  readable: boolean;
  column: Column | null;
  children: Branch[];
}

/**
 * The tree of what somebody may name, in order of name. With `wanted`, only ports whose full name holds it, and what is
 * above and below them. `columns` are those of the ports that were looked at.
 */
export function branchesOf(
  products: readonly ProductSummary[],
  columns: ReadonlyMap<string, readonly Column[]>,
  wanted = '',
): Branch[] {
  const domains = new Map<string, Branch[]>();
  for (const product of [...products].sort((a, b) => a.name.localeCompare(b.name))) {
    const ports = product.ports.filter((port) => port.name.includes(wanted));
    if (ports.length === 0) continue;
    const [domain = '', name = ''] = product.name.split('.');
    const children = ports.map(
      (port): Branch => ({
        id: port.name,
        label: port.name.split('.')[2] ?? port.name,
        kind: 'port',
        readable: port.readable,
        column: null,
        children: (columns.get(port.name) ?? []).map((column) => ({
          id: `${port.name}.${column.name}`,
          label: column.name,
          kind: 'column',
          readable: true,
          column,
          children: [],
        })),
      }),
    );
    const within = domains.get(domain) ?? [];
    within.push({
      id: product.name,
      label: name,
      kind: 'product',
      readable: true,
      column: null,
      children,
    });
    domains.set(domain, within);
  }
  return [...domains].map(([domain, children]) => ({
    id: domain,
    label: domain,
    kind: 'domain',
    readable: true,
    column: null,
    children,
  }));
}
