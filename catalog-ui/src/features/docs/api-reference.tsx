import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';
import { serverBase } from '@/api/client';
import {
  byTag,
  curlOf,
  type Field,
  fieldsOf,
  type Listed,
  type OpenApi,
  type Schema,
  typeInWords,
} from '@/features/docs/openapi';
import { openApiQuery } from '@/features/docs/openapi-query';
import { t } from '@/features/docs/words';
import { Badge, type Tone } from '@/ui/badge';
import { Code, CodeBlock } from '@/ui/code-block';
import { OutLink } from '@/ui/link';
import { Prose } from '@/ui/prose';
import { SearchField } from '@/ui/search-field';
import { Empty } from '@/ui/states/empty';
import { Loaded } from '@/ui/states/loaded';

/** Every call of the server, from its own description: parameters, bodies and answers. */
export function ApiReference() {
  const [q, setQ] = useState('');
  return (
    <Loaded query={openApiQuery} what={t('description')}>
      {(api) => {
        const groups = byTag(api, q);
        const count = groups.reduce((sum, [, some]) => sum + some.length, 0);
        return (
          <div className="flex flex-col gap-5">
            <p className="max-w-3xl text-ink-soft">
              {api.info.description}{' '}
              <OutLink href={`${serverBase()}/openapi.json`}>{t('rawDescription')}</OutLink>
            </p>
            <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
              <SearchField
                aria-label={t('filter')}
                placeholder={t('filterPlaceholder')}
                value={q}
                onChange={setQ}
                className="w-full max-w-sm"
              />
              <span role="status" className="text-sm text-ink-soft">
                {t('operations', count)}
              </span>
            </div>
            {count === 0 ? <Empty small why="no-match" title={t('noOperation')} /> : null}
            {groups.map(([tag, operations]) => (
              <section key={tag} aria-label={tag}>
                <h2 className="mb-2 text-lg font-semibold capitalize">{tag}</h2>
                <ul
                  data-card
                  data-list
                  className="rounded-lg border border-line bg-surface shadow-low"
                >
                  {operations.map((listed) => (
                    <li
                      key={`${listed.method} ${listed.path}`}
                      className="border-b border-line last:border-b-0"
                    >
                      <OperationEntry api={api} listed={listed} />
                    </li>
                  ))}
                </ul>
              </section>
            ))}
          </div>
        );
      }}
    </Loaded>
  );
}

const tones: Record<string, Tone> = { get: 'neutral', post: 'accent', delete: 'bad' };

function OperationEntry({ api, listed }: { api: OpenApi; listed: Listed }) {
  const { method, path, operation } = listed;
  return (
    <Disclosure className="group">
      <Heading level={3}>
        <Button
          slot="trigger"
          className="grid w-full cursor-pointer grid-cols-[1rem_4rem_minmax(0,1fr)] items-start gap-x-3 rounded-md px-3 py-2 text-left outline-offset-[-2px] data-hovered:bg-hover"
        >
          <ChevronRight
            aria-hidden
            className="mt-0.5 size-4 text-ink-faint transition-transform group-data-expanded:rotate-90"
          />
          <Badge tone={tones[method]} mark={false} className="justify-center uppercase">
            {method}
          </Badge>
          <span className="min-w-0">
            <Code className="break-all">{path}</Code>
            <span className="block text-sm text-ink-soft">
              <Prose text={operation.summary ?? ''} />
            </span>
          </span>
        </Button>
      </Heading>
      <DisclosurePanel className="px-4">
        <div className="flex flex-col gap-4 pt-1 pb-4 pl-0 sm:pl-6">
          {operation.description ? (
            <p className="max-w-3xl text-ink-soft">
              <Prose text={operation.description} />
            </p>
          ) : null}
          {operation.parameters && operation.parameters.length > 0 ? (
            <Fields
              title={t('parameters')}
              fields={operation.parameters.map((one) => ({
                name: one.name,
                type: `${typeInWords(one.schema)}, ${t('in')} ${one.in}`,
                required: one.required ?? false,
                description: one.description ?? '',
              }))}
            />
          ) : null}
          {Object.entries(operation.requestBody?.content ?? {}).map(([type, { schema }]) => (
            <SchemaShown key={type} api={api} title={t('body')} type={type} schema={schema} />
          ))}
          {Object.entries(operation.responses).map(([status, response]) => {
            const contents = Object.entries(response.content ?? {});
            if (contents.length === 0) {
              return (
                <p key={status}>
                  <strong className="font-semibold">{status}</strong>{' '}
                  <span className="text-ink-soft">{response.description || t('nothing')}</span>
                </p>
              );
            }
            return contents.map(([type, { schema }]) => (
              <SchemaShown
                key={`${status} ${type}`}
                api={api}
                title={`${t('answers')} ${status}`}
                type={type}
                schema={schema}
              />
            ));
          })}
          <CodeBlock label={t('copyCurl')} code={curlOf(serverBase(), listed)} />
        </div>
      </DisclosurePanel>
    </Disclosure>
  );
}

function SchemaShown(props: {
  api: OpenApi;
  title: string;
  type: string;
  schema: Schema | undefined;
}) {
  const { api, title, type, schema } = props;
  const fields = fieldsOf(api, schema);
  return (
    <div>
      <p className="mb-1 flex flex-wrap gap-x-3">
        <strong className="font-semibold">{title}</strong>
        <Code>{typeInWords(schema)}</Code>
        <span className="text-sm break-all text-ink-faint">{type}</span>
      </p>
      {fields.length > 0 ? <Fields fields={fields} /> : null}
    </div>
  );
}

function Fields({ title, fields }: { title?: string; fields: readonly Field[] }) {
  return (
    <div>
      {title ? <p className="mb-1 font-semibold">{title}</p> : null}
      <dl className="rounded-md border border-line text-sm">
        {fields.map((field, at) => (
          <div
            key={`${field.name} ${at}`}
            className="grid gap-x-4 border-b border-line px-3 py-1.5 last:border-b-0 md:grid-cols-[16rem_minmax(0,1fr)]"
          >
            <dt className="min-w-0 break-words">
              <Code className="font-semibold">{field.name}</Code>{' '}
              <span className="text-ink-faint">
                {field.type}
                {field.required ? `, ${t('required')}` : ''}
              </span>
            </dt>
            <dd className="text-ink-soft">
              <Prose text={field.description} />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
