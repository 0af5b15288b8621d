import type { ReactNode } from 'react';
import { Link } from '@/ui/link';

/** `a.b` of `a.b.c` or `a.b.c.d`. */
export function productOf(name: string): { domain: string; product: string } {
  const [domain = '', product = ''] = name.split('.');
  return { domain, product };
}

/** The last part of a dotted name. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

export function ProductLink({ name, children }: { name: string; children?: ReactNode }) {
  return (
    <Link to="/p/$domain/$product" params={productOf(name)} look="plain">
      {children ?? name}
    </Link>
  );
}

/** To the schema of a port on the page of its product. */
export function PortLink({ name, children }: { name: string; children?: ReactNode }) {
  return (
    <Link
      to="/p/$domain/$product"
      params={productOf(name)}
      search={{ tab: 'schema', port: lastPart(name) }}
      look="plain"
    >
      {children ?? name}
    </Link>
  );
}

export function DomainLink({ name, children }: { name: string; children?: ReactNode }) {
  return (
    <Link to="/domains/$domain" params={{ domain: name }} look="plain">
      {children ?? name}
    </Link>
  );
}

/** What became of a commit, by its first seven digits. */
export function RevisionLink({ revision }: { revision: string }) {
  return (
    <Link to="/publish/$commit" params={{ commit: revision }} className="font-mono text-[0.93em]">
      {revision.slice(0, 7)}
    </Link>
  );
}
