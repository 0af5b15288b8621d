import type { ReactNode } from 'react';
import {
  type ColumnAnswer,
  nearbyQuery,
  type PortAnswer,
  sampleQuery,
} from '@/features/product/queries';
import { Sees } from '@/features/product/schema-grid';
import { t } from '@/features/product/words';
import { Badge } from '@/ui/badge';
import { ButtonLink } from '@/ui/button';
import { Code } from '@/ui/code-block';
import { Dialog } from '@/ui/dialog';
import { KeyValue } from '@/ui/key-value';
import { Link } from '@/ui/link';
import { lastPart } from '@/ui/names';
import { Loaded } from '@/ui/states/loaded';

export interface ColumnDrawerProps {
  port: PortAnswer;
  /** Closed without one. */
  column: ColumnAnswer | undefined;
  onClose: () => void;
}

/** All about one column: what it means, some values under policy, where it comes from, who can see it. */
export function ColumnDrawer({ port, column, onClose }: ColumnDrawerProps) {
  return (
    <Dialog
      title={column ? `${lastPart(port.name)}.${column.name}` : ''}
      isOpen={column !== undefined}
      onClose={onClose}
      look="drawer"
      width="medium"
    >
      {column ? <ColumnView port={port} column={column} /> : null}
    </Dialog>
  );
}

function Part({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-4">
      <h3 className="mb-1.5 font-semibold">{title}</h3>
      {hint ? <p className="mb-2 text-sm text-ink-soft">{hint}</p> : null}
      {children}
    </section>
  );
}

function ColumnView({ port, column }: { port: PortAnswer; column: ColumnAnswer }) {
  const full = `${port.name}.${column.name}`;
  const readable = column.sees === 'clear' || column.sees === 'masked';
  return (
    <div className="flex flex-col gap-5">
      <p className="text-lg">{column.description || t('noDescription')}</p>
      <KeyValue
        look="tight"
        rows={[
          [t('type'), <Code>{column.type}</Code>],
          [
            t('rules'),
            [
              column.primaryKeyPosition
                ? t('keyMark', column.primaryKeyPosition, port.primaryKey.length)
                : null,
              column.required ? t('required') : null,
              column.unique ? t('unique') : null,
            ]
              .filter(Boolean)
              .join(', ') || '–',
          ],
          [
            t('class'),
            <span className="flex flex-wrap gap-1">
              {column.classification ? <Badge>{column.classification}</Badge> : '–'}
              {column.tags.map((tag) => (
                <Badge key={tag}>{tag}</Badge>
              ))}
            </span>,
          ],
          [t('youSee'), <Sees port={port.name} column={column} />],
        ]}
      />
      <div className="flex flex-wrap gap-2">
        {column.sees !== 'clear' ? (
          <ButtonLink
            size="small"
            kind="primary"
            to="/requests"
            search={{ new: '1', port: port.name, columns: column.name }}
          >
            {t('requestColumn', column.name)}
          </ButtonLink>
        ) : null}
        <ButtonLink size="small" to="/access/roster" search={{ what: port.name, col: column.name }}>
          {t('whoCanSee')}
        </ButtonLink>
      </div>
      <Part title={t('sample')} hint={readable ? t('sampleHint') : undefined}>
        {readable && port.readable ? (
          <Loaded query={sampleQuery(port.name)} what={t('sample')} small>
            {(sample) => <Values sample={sample} column={column.name} />}
          </Loaded>
        ) : (
          <p className="text-ink-soft">{t('sampleDenied')}</p>
        )}
      </Part>
      <Part title={t('columnLineage')}>
        <Loaded query={nearbyQuery(full)} what={t('columnLineage')} small>
          {({ nodes }) => (
            <KeyValue
              look="tight"
              rows={[
                [
                  t('comesFrom'),
                  <Names names={nodes.filter((n) => n.hops < 0).map((n) => n.id)} />,
                ],
                [t('goesInto'), <Names names={nodes.filter((n) => n.hops > 0).map((n) => n.id)} />],
              ]}
            />
          )}
        </Loaded>
      </Part>
    </div>
  );
}

function Names({ names }: { names: readonly string[] }) {
  if (names.length === 0) return <span className="text-ink-faint">{t('nothing')}</span>;
  return (
    <ul className="flex flex-col gap-0.5">
      {names.map((name) => (
        <li key={name} className="break-all">
          <Link to="/lineage" search={{ focus: name }} look="plain">
            {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** The different values of a column in the sample, in the order in which they came. */
function Values({
  sample,
  column,
}: {
  sample: { columns: { name: string }[]; rows: unknown[][] };
  column: string;
}) {
  const at = sample.columns.findIndex((one) => one.name === column);
  const values = [...new Set(sample.rows.map((row) => show(row[at])))];
  if (at < 0 || values.length === 0) return <p className="text-ink-soft">{t('sampleNone')}</p>;
  return (
    <ul className="flex flex-wrap gap-1.5">
      {values.map((value) => (
        <li
          key={value}
          className="max-w-full truncate rounded-md border border-line bg-sunken px-2 py-0.5 font-mono text-sm"
        >
          {value}
        </li>
      ))}
    </ul>
  );
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
